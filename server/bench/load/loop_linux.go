package load

import (
	"container/heap"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"parley/server/bench/mmsg"
)

// ErrClosed means that the Loop has ended.
var ErrClosed = errors.New("load has ended")

const (
	tickEvery   = 20 * time.Millisecond // NACKs
	ticksPerRun = 50                    // reports of one Peer are a second apart
	maxEvents   = 256
	maxReceive  = 32   // datagrams for one system call
	maxDatagram = 2048 // bytes
	idleWait    = 100  // milliseconds
)

// Loop is the thread that sends and reads all media.
type Loop struct {
	start       time.Time
	epoll, wake int
	timer       int
	calls       chan func()
	quit, done  chan struct{}
	close       sync.Once

	// loop state
	now      time.Duration
	peers    map[int32]*Peer // by socket
	due      schedule
	armed    time.Duration // when the timer rings
	ticks    int
	nextTick time.Duration
	receiver *mmsg.Receiver
	tally    *Tally // nil while nothing is measured
}

// NewLoop starts a loop.
func NewLoop() (*Loop, error) {
	l := &Loop{
		start: time.Now(), calls: make(chan func(), 64), quit: make(chan struct{}), done: make(chan struct{}),
		peers: map[int32]*Peer{}, receiver: mmsg.NewReceiver(maxReceive, maxDatagram),
	}
	var err error
	if l.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	if l.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return nil, errors.Join(fmt.Errorf("eventfd: %w", err), unix.Close(l.epoll))
	}
	if l.timer, err = unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK); err != nil {
		return nil, errors.Join(fmt.Errorf("timerfd: %w", err), unix.Close(l.epoll), unix.Close(l.wake))
	}
	if err := errors.Join(l.watch(l.wake), l.watch(l.timer)); err != nil {
		return nil, errors.Join(err, l.release())
	}
	go l.run() // ended by Close
	return l, nil
}

func (l *Loop) watch(fd int) error {
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}
	if err := unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, fd, &event); err != nil {
		return fmt.Errorf("watch socket: %w", err)
	}
	return nil
}

func (l *Loop) release() error {
	return errors.Join(unix.Close(l.epoll), unix.Close(l.wake), unix.Close(l.timer))
}

// Now is the time that stamps and latencies are in.
func (l *Loop) Now() time.Duration { return time.Since(l.start) }

// Close ends the loop and closes all sockets.
func (l *Loop) Close() {
	l.close.Do(func() { close(l.quit) })
	l.ring()
	<-l.done
}

// ring makes the loop look at what was posted. It can fail only when the counter is full, and then the loop is awake.
func (l *Loop) ring() { _, _ = unix.Write(l.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0}) }

// Do runs fn in the loop and waits for it. It must not be called by the loop.
func (l *Loop) Do(fn func()) error {
	ran := make(chan struct{})
	select {
	case l.calls <- func() { defer close(ran); fn() }:
	case <-l.done:
		return ErrClosed
	}
	l.ring()
	select {
	case <-ran:
		return nil
	case <-l.done:
		return ErrClosed
	}
}

func (l *Loop) run() {
	runtime.LockOSThread() // the calls below wait for nobody, so the thread is the loop's for as long as there is work
	defer runtime.UnlockOSThread()
	defer close(l.done)
	events := make([]unix.EpollEvent, maxEvents)
	for {
		n, err := unix.EpollWait(l.epoll, events, idleWait)
		if err != nil && !errors.Is(err, unix.EINTR) {
			panic("epoll wait: " + err.Error()) // the descriptor is ours and open: a programmer's error
		}
		l.now = l.Now()
		for i := range max(n, 0) {
			l.ready(int(events[i].Fd))
		}
		l.run1()
		select {
		case <-l.quit:
			for _, p := range l.peers {
				p.close()
			}
			_ = l.release() // nothing was written that could be lost
			return
		default:
		}
	}
}

// ready reads what has arrived on a descriptor.
func (l *Loop) ready(fd int) {
	if fd == l.wake || fd == l.timer {
		var b [8]byte
		_, _ = unix.Read(fd, b[:]) // only empties it
		if fd == l.timer {
			l.armed = 0
		}
		return
	}
	p := l.peers[int32(fd)]
	for p != nil && !p.closed {
		n, err := l.receiver.Receive(fd)
		if err != nil && !errors.Is(err, unix.EAGAIN) {
			n, err = l.receiver.Receive(fd) // the first told of a port that was closed
		}
		if err != nil || n == 0 {
			return
		}
		l.now = l.Now()
		for i := range n {
			raw, _ := l.receiver.Get(i)
			p.take(raw)
		}
		if n < maxReceive {
			return
		}
	}
}

// run1 does what is due and what was posted.
func (l *Loop) run1() {
	for {
		select {
		case fn := <-l.calls:
			fn()
			continue
		default:
		}
		break
	}
	l.now = l.Now()
	for len(l.due) > 0 && l.due[0].next <= l.now {
		s := l.due[0]
		s.send()
		heap.Fix(&l.due, 0)
		l.now = l.Now()
	}
	if l.now >= l.nextTick {
		l.nextTick = l.now + tickEvery
		l.ticks++
		for _, p := range l.peers {
			p.tick(l.ticks)
		}
	}
	l.arm()
}

// arm sets the timer to what is due next.
func (l *Loop) arm() {
	next := l.nextTick
	if len(l.due) > 0 {
		next = min(next, l.due[0].next)
	}
	if l.armed == next {
		return
	}
	l.armed = next
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(max(int64(next-l.Now()), 1))}
	if err := unix.TimerfdSettime(l.timer, 0, &spec, nil); err != nil {
		panic("set timer: " + err.Error()) // as above
	}
}

// schedule is the sources by when they send next.
type schedule []*Source

func (s schedule) Len() int           { return len(s) }
func (s schedule) Less(i, j int) bool { return s[i].next < s[j].next }
func (s schedule) Swap(i, j int) {
	s[i], s[j] = s[j], s[i]
	s[i].at, s[j].at = i, j
}

// Push is of heap.Interface.
func (s *schedule) Push(x any) {
	src := x.(*Source)
	src.at = len(*s)
	*s = append(*s, src)
}

// Pop is of heap.Interface.
func (s *schedule) Pop() any {
	last := len(*s) - 1
	src := (*s)[last]
	*s = (*s)[:last]
	return src
}
