package e2e

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"parley/media/synthetic"
	"parley/media/video"
	"parley/server/servertest"
)

// writeY4M writes two seconds of the test picture.
func writeY4M(t *testing.T, path string, sender uint16) {
	t.Helper()
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(out)
	fmt.Fprint(w, "YUV4MPEG2 W640 H360 F15:1 Ip A1:1 C420jpeg\n")
	f := video.NewFrame(640, 360)
	for n := range uint32(30) {
		video.Black(f)
		synthetic.DrawMark(f, synthetic.Mark{Counter: n + 1, SenderID: sender, Captured: time.Now()})
		fmt.Fprint(w, "FRAME\n")
		for _, plane := range []struct {
			data             []byte
			stride, w, lines int
		}{{f.Y, f.StrideY, 640, 360}, {f.U, f.StrideUV, 320, 180}, {f.V, f.StrideUV, 320, 180}} {
			for y := range plane.lines {
				if _, err := w.Write(plane.data[y*plane.stride:][:plane.w]); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

// writeWAV writes a second of a tone, mono at 44.1 kHz.
func writeWAV(t *testing.T, path string, hz float64) {
	t.Helper()
	const rate = 44100
	var data []byte
	for i := range rate {
		data = binary.LittleEndian.AppendUint16(data, uint16(int16(8000*math.Sin(2*math.Pi*hz*float64(i)/rate))))
	}
	head := append([]byte("RIFF"), 0, 0, 0, 0)
	binary.LittleEndian.PutUint32(head[4:], uint32(36+len(data)))
	head = append(head, "WAVEfmt "...)
	for _, v := range []uint32{16, 1 | 1<<16, rate, rate * 2, 2 | 16<<16} {
		head = binary.LittleEndian.AppendUint32(head, v)
	}
	head = append(head, "data"...)
	head = binary.LittleEndian.AppendUint32(head, uint32(len(data)))
	if err := os.WriteFile(path, append(head, data...), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestFilesAsDevices publishes a Y4M and a WAV file, and an IVF file that the project's own script made of the first.
func TestFilesAsDevices(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	y4m, ivf, wav := filepath.Join(dir, "a.y4m"), filepath.Join(dir, "a.ivf"), filepath.Join(dir, "a.wav")
	const sender = 440
	writeY4M(t, y4m, sender)
	writeWAV(t, wav, synthetic.ToneHz(sender))
	if out, err := exec.Command("../../.ci/make-ivf", y4m, ivf).CombinedOutput(); err != nil {
		t.Fatalf("make-ivf: %v: %s", err, out)
	}
	server := servertest.Start(t)
	link := server.Invite(server.Session(), 10)
	ann := newBot(t, 1, "--join", link, "--name", "Ann", "--camera", y4m, "--microphone", wav)
	ben := newBot(t, 2, "--join", link, "--name", "Ben", "--camera", ivf)
	ben.receives("Ann", sender, true, true)
	ann.receives("Ben", sender, true, false)
	ben.until("the stream's size", func(l map[string]any) bool {
		s := streams(l)["Ann"]
		return s != nil && number(s, "width") == 640 && number(s, "height") == 360
	})
}
