package playout

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parley/media"
)

func TestWholeStream(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*stream{
		"small packets": record(t, 20, 60, 100, 1000),
		"one each":      record(t, 20, 4000, 7, 0),
		"wrap":          record(t, 20, 60, 65530, 1<<32-9000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, func(t *testing.T, p *player) {
				for n, packets := range s.frames {
					p.push(packets...)
					p.want(t, s.sums[n:n+1], 0)
					time.Sleep(time.Second / 30)
				}
				got := p.Stats()
				if got != (VideoStats{FramesDecoded: 20, Width: 96, Height: 64}) {
					t.Errorf("%+v", got)
				}
				if info := p.infos[1]; info.Timestamp != s.frames[1][0].timestamp || info.KeyFrame || !p.infos[0].KeyFrame {
					t.Errorf("%+v", info)
				}
			})
		})
	}
}

func TestReorderedAndDoubled(t *testing.T) {
	t.Parallel()
	s := record(t, 30, 60, 65500, 5)
	for seed := range uint64(10) {
		random := rand.New(rand.NewPCG(seed, 1))
		packets := all(s)
		for i := range packets { // move each by up to six places
			j := min(len(packets)-1, i+random.IntN(7))
			packets[i], packets[j] = packets[j], packets[i]
		}
		play(t, func(t *testing.T, p *player) {
			for i, r := range packets {
				p.push(r)
				if random.IntN(4) == 0 {
					p.push(packets[random.IntN(i+1)], r)
				}
				if random.IntN(10) == 0 {
					synctest.Wait()
				}
			}
			synctest.Wait()
			p.mu.Lock()
			p.requests = nil // the first packets may not look like a key frame's
			p.mu.Unlock()
			p.want(t, s.sums, 0)
		})
	}
}

func TestRetransmission(t *testing.T) {
	t.Parallel()
	s := record(t, 10, 60, 0, 0)
	play(t, func(t *testing.T, p *player) {
		p.push(slices.Concat(s.frames[:4]...)...)
		p.want(t, s.sums[:4], 0)
		late := s.frames[4][1]
		p.push(s.frames[4][0])
		p.push(s.frames[4][2:]...)
		p.push(slices.Concat(s.frames[5:8]...)...)
		time.Sleep(95 * time.Millisecond)
		p.want(t, nil, 0)
		p.push(late)
		p.want(t, s.sums[4:8], 0)
		p.push(slices.Concat(s.frames[8:]...)...)
		p.want(t, s.sums[8:], 0)
		if got := p.Stats(); got.PacketsLost != 0 || got.FramesDropped != 0 {
			t.Errorf("%+v", got)
		}
	})
}

func TestFreeze(t *testing.T) {
	t.Parallel()
	s := record(t, 60, 60, 65000, 0, 40)
	play(t, func(t *testing.T, p *player) {
		p.push(slices.Concat(s.frames[:4]...)...)
		p.push(s.frames[4][1:]...) // the first packet is lost for good
		p.want(t, s.sums[:4], 0)
		time.Sleep(99 * time.Millisecond)
		p.want(t, nil, 0)
		time.Sleep(2 * time.Millisecond)
		p.want(t, nil, 1)
		for n := 5; n < 40; n++ { // inter frames are of no use; a key frame is asked for every 300 ms
			p.push(s.frames[n]...)
			time.Sleep(30 * time.Millisecond)
		}
		p.want(t, nil, 3)
		p.push(s.frames[40]...)
		p.want(t, s.sums[40:41], 0)
		p.push(slices.Concat(s.frames[41:]...)...)
		time.Sleep(time.Second)
		p.want(t, s.sums[41:], 0)
		if got := p.Stats(); got.PacketsLost != 1 || got.FramesDropped != 36 || got.KeyFrameRequests != 4 || got.FramesDecoded != 24 {
			t.Errorf("%+v", got)
		}
	})
}

// TestKeyFrameEndsGap has a key frame come behind a gap: nothing before it is waited for.
func TestKeyFrameEndsGap(t *testing.T) {
	t.Parallel()
	s := record(t, 20, 60, 10, 0, 10)
	play(t, func(t *testing.T, p *player) {
		p.push(slices.Concat(s.frames[:8]...)...)
		p.want(t, s.sums[:8], 0)
		p.push(slices.Concat(s.frames[9:]...)...)
		p.want(t, s.sums[10:], 0)
	})
}

func TestBeginsInTheMiddle(t *testing.T) {
	t.Parallel()
	s := record(t, 20, 60, 10, 0, 15)
	play(t, func(t *testing.T, p *player) {
		time.Sleep(time.Second)
		p.want(t, nil, 0) // nothing came yet
		p.push(s.frames[5][1:]...)
		p.want(t, nil, 1)
		p.push(slices.Concat(s.frames[6:15]...)...)
		p.want(t, nil, 0)
		p.push(slices.Concat(s.frames[15:]...)...)
		p.want(t, s.sums[15:], 0)
	})
}

func TestKeyFrameThatStaysPart(t *testing.T) {
	t.Parallel()
	s := record(t, 1, 60, 10, 0)
	play(t, func(t *testing.T, p *player) {
		p.push(s.frames[0][:2]...) // the rest never comes
		time.Sleep(299 * time.Millisecond)
		p.want(t, nil, 0)
		time.Sleep(2 * time.Millisecond)
		p.want(t, nil, 1)
		time.Sleep(300 * time.Millisecond)
		p.want(t, nil, 1)
	})
}

func TestUnwanted(t *testing.T) {
	t.Parallel()
	s := record(t, 40, 60, 10, 0, 30)
	play(t, func(t *testing.T, p *player) {
		p.hide(true)
		p.push(slices.Concat(s.frames[:10]...)...)
		time.Sleep(time.Second)
		p.want(t, nil, 0)
		if got := p.Stats(); got.FramesDecoded != 0 || got.FramesDropped != 10 {
			t.Errorf("%+v", got)
		}
		p.hide(false)
		time.Sleep(unwantedPoll)
		p.want(t, nil, 1)
		p.push(slices.Concat(s.frames[10:12]...)...)
		p.want(t, nil, 0)
		p.hide(true)
		p.push(s.frames[12]...)
		synctest.Wait()
		p.hide(false)
		p.Wake()
		p.want(t, nil, 1)
		p.push(slices.Concat(s.frames[30:]...)...)
		p.want(t, s.sums[30:], 0)
	})
}

func TestRubbish(t *testing.T) {
	t.Parallel()
	s := record(t, 20, 60, 10, 0, 10)
	random := rand.New(rand.NewPCG(5, 6))
	play(t, func(t *testing.T, p *player) {
		for range 2000 {
			payload := make([]byte, random.IntN(100))
			for i := range payload {
				payload[i] = byte(random.Uint32())
			}
			p.push(rtp{uint16(random.IntN(600)), random.Uint32() % 3, random.IntN(3) == 0, payload})
		}
		p.push(rtp{700, 1, true, make([]byte, 60000)})
		time.Sleep(time.Second)
		synctest.Wait()
		// A sender that begins anew is followed, though its numbers are far off.
		p.mu.Lock()
		p.shown, p.requests = nil, nil
		p.mu.Unlock()
		for n, packets := range s.frames {
			for i := range packets {
				packets[i].seq += 30000
			}
			s.frames[n] = packets
		}
		p.push(all(s)...)
		p.want(t, s.sums, 0)
	})
}

func TestProbesBetweenFrames(t *testing.T) {
	t.Parallel()
	s := record(t, 10, 60, 10, 0)
	play(t, func(t *testing.T, p *player) {
		shift := uint16(0)
		for n, packets := range s.frames {
			for _, r := range packets {
				r.seq += shift
				p.push(r)
			}
			last := packets[len(packets)-1]
			for range n % 3 {
				shift++
				p.push(rtp{last.seq + shift, last.timestamp, false, nil})
			}
		}
		p.want(t, s.sums, 0)
	})
}

// TestOverflow has the consumer stand still while more comes than the window holds.
func TestOverflow(t *testing.T) {
	t.Parallel()
	s := record(t, 200, 40, 10, 0, 190)
	blocked, free := make(chan struct{}), make(chan struct{})
	var shown []uint32
	var once sync.Once
	v := NewVideo(VideoConfig{
		RequestKeyFrame: func() {},
		Frame: func(f *media.Frame, _ FrameInfo) {
			once.Do(func() {
				close(blocked)
				<-free
			})
			shown = append(shown, sum(f))
		},
	})
	push := func(packets []rtp) {
		for _, r := range packets {
			v.PushRTP(r.seq, r.timestamp, r.marker, r.payload)
		}
	}
	push(s.frames[0])
	<-blocked
	push(slices.Concat(s.frames[1:190]...))
	if n := len(slices.Concat(s.frames[1:190]...)); n < 2*windowSize {
		t.Fatalf("only %d packets", n)
	}
	close(free)
	for _, frame := range s.frames[190:] {
		push(frame)
	}
	for v.Stats().FramesDecoded < 11 && t.Context().Err() == nil {
		v.Wake()
	}
	v.Close()
	v.Close()
	if !slices.Equal(shown, slices.Concat(s.sums[:1], s.sums[190:])) {
		t.Errorf("%d pictures were shown", len(shown))
	}
}

// TestLossyLink loses, delays and doubles at random, sends key frames when asked, and checks that no picture is ever wrong.
func TestLossyLink(t *testing.T) {
	t.Parallel()
	for seed := range uint64(5) {
		random := rand.New(rand.NewPCG(seed, 77))
		var keys []int
		for n := 10; n < 300; n += 10 {
			keys = append(keys, n)
		}
		s := record(t, 300, 80, uint16(random.Uint32()), random.Uint32(), keys...)
		play(t, func(t *testing.T, p *player) {
			var held []rtp
			for _, packets := range s.frames {
				for _, r := range packets {
					switch n := random.IntN(100); {
					case n < 2: // lost
					case n < 6:
						held = append(held, r)
					case n < 8:
						p.push(r, r)
					default:
						p.push(r)
					}
				}
				if random.IntN(3) == 0 {
					p.push(held...)
					held = nil
				}
				time.Sleep(time.Second / 30)
			}
			synctest.Wait()
			p.mu.Lock()
			defer p.mu.Unlock()
			at := 0
			for _, got := range p.shown {
				i := slices.Index(s.sums[at:], got)
				if i < 0 {
					t.Fatal("a picture is wrong or out of order")
				}
				at += i + 1
			}
			t.Logf("seed %d: %d of 300 shown, %+v", seed, len(p.shown), p.Stats())
			if len(p.shown) < 100 {
				t.Errorf("only %d of 300 pictures were shown", len(p.shown))
			}
		})
	}
}

func BenchmarkVideo(b *testing.B) {
	s := record(b, 30, 1100, 0, 0)
	shown := make(chan struct{}, 1)
	v := NewVideo(VideoConfig{RequestKeyFrame: func() {}, Frame: func(*media.Frame, FrameInfo) { shown <- struct{}{} }})
	defer v.Close()
	b.ReportAllocs()
	seq := uint16(0)
	for n := 0; b.Loop(); n++ {
		for _, r := range s.frames[n%len(s.frames)] {
			v.PushRTP(seq, uint32(n)*3000, r.marker, r.payload)
			seq++
		}
		<-shown
	}
}

// TestPicturesWaitForTheirTime, but what comes before the first picture does not, nor does a gap wait longer for it.
func TestPicturesWaitForTheirTime(t *testing.T) {
	t.Parallel()
	s := record(t, 4, 500, 1, 0)
	play(t, func(t *testing.T, p *player) {
		p.mu.Lock()
		p.after = 80 * time.Millisecond
		p.mu.Unlock()
		p.push(s.frames[0]...)
		p.want(t, s.sums[:1], 0) // it ends a freeze: at once
		p.push(s.frames[1]...)
		p.push(s.frames[2]...)
		p.want(t, nil, 0)
		time.Sleep(79 * time.Millisecond)
		p.want(t, nil, 0)
		time.Sleep(time.Millisecond)
		p.want(t, s.sums[1:3], 0)
		p.push(s.frames[3]...)
		p.want(t, s.sums[3:], 0)
	})
}
