package speechtest

import (
	"bytes"
	"encoding/binary"
	"math"
	"os/exec"
	"testing"
)

// Rate is the rate of all sound here, mono, in Hz.
const Rate = 48000

// prompts are the recordings of a voice that alsa-utils brings.
var prompts = []string{"Front_Center", "Front_Left", "Front_Right", "Rear_Center", "Rear_Left", "Rear_Right", "Side_Left", "Side_Right"}

// Prompts returns n samples of a recorded voice that names loudspeakers, with its pauses.
func Prompts(t testing.TB, n int) []int16 {
	t.Helper()
	args := []string{}
	for _, name := range prompts {
		args = append(args, "/usr/share/sounds/alsa/"+name+".wav")
	}
	return repeat(sox(t, nil, args...), n)
}

// sentences are for Sentences: the fable that phoneticians read, so that all sounds are there.
const sentences = `The north wind and the sun were disputing which was the stronger, when a traveler came along wrapped in a warm cloak.
They agreed that the one who first succeeded in making the traveler take his cloak off should be considered stronger than the other.`

// Sentences returns n samples of a synthetic voice that reads, peaking at a quarter of full scale.
func Sentences(t testing.TB, n int) []int16 {
	t.Helper()
	spoken, err := exec.Command("espeak-ng", "--stdout", "-v", "en", "-s", "150", sentences).Output()
	if err != nil {
		t.Fatalf("espeak-ng: %v (.ci/install test brings it)", err)
	}
	pcm := sox(t, spoken, "-t", "wav", "-")
	peak := 1
	for _, v := range pcm {
		peak = max(peak, int(v), -int(v))
	}
	for i, v := range pcm {
		pcm[i] = int16(int(v) * 8192 / peak)
	}
	return repeat(pcm, n)
}

// sox converts what its arguments name to raw sound.
func sox(t testing.TB, in []byte, input ...string) []int16 {
	t.Helper()
	cmd := exec.Command("sox", append(input, "-t", "raw", "-r", "48000", "-c", "1", "-b", "16", "-e", "signed", "-L", "-D", "-")...)
	cmd.Stdin = bytes.NewReader(in)
	var trouble bytes.Buffer
	cmd.Stderr = &trouble
	raw, err := cmd.Output()
	if err != nil || len(raw) < Rate {
		t.Fatalf("sox: %v: %d bytes: %s (.ci/install test brings it, alsa-utils and espeak-ng)", err, len(raw), trouble.Bytes())
	}
	pcm := make([]int16, len(raw)/2)
	for i := range pcm {
		pcm[i] = int16(binary.LittleEndian.Uint16(raw[2*i:]))
	}
	return pcm
}

func repeat(pcm []int16, n int) []int16 {
	out := make([]int16, 0, n+len(pcm))
	for len(out) < n {
		out = append(out, pcm...)
	}
	return out[:n]
}

// Power returns the mean square of samples.
func Power(pcm []int16) float64 {
	sum := 0.0
	for _, v := range pcm {
		sum += float64(v) * float64(v)
	}
	return sum / float64(max(1, len(pcm)))
}

// DB returns by how many decibels one power is above another.
func DB(power, than float64) float64 { return 10 * math.Log10(max(power, 1e-9)/max(than, 1e-9)) }
