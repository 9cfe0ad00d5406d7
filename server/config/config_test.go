package config

import (
	"net"
	"os"
	"testing"
)

func TestResolve(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in          Config
		listen, udp string
		bad         bool
	}{
		"defaults":       {Config{}, "127.0.0.1:7880", "127.0.0.1:7880", false},
		"another port":   {Config{Listen: "0.0.0.0:80"}, "0.0.0.0:80", "0.0.0.0:80", false},
		"UDP port":       {Config{UDP: "9000"}, "127.0.0.1:7880", "127.0.0.1:9000", false},
		"UDP address":    {Config{UDP: "[::1]:9000"}, "127.0.0.1:7880", "[::1]:9000", false},
		"no port":        {Config{Listen: "localhost"}, "", "", true},
		"port too large": {Config{Listen: "localhost:70000"}, "", "", true},
		"UDP rubbish":    {Config{UDP: "x"}, "", "", true},
		"announce":       {Config{Announce: []string{"192.0.2.1", "[2001:db8::1]:99"}}, "127.0.0.1:7880", "127.0.0.1:7880", false},
		"half a pair":    {Config{TLS: TLS{Cert: "x"}}, "", "", true},
		"announce names": {Config{Announce: []string{"example.org"}}, "", "", true},
	} {
		got, err := c.in.Resolve()
		if (err != nil) != c.bad || !c.bad && (got.Listen != c.listen || got.UDP != c.udp || got.Data == "") {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestRunningFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if _, ok := LoadRunning(folder); ok {
		t.Error("found before it was saved")
	}
	r := NewRunning(&net.TCPAddr{IP: net.IPv4zero, Port: 7880}, nil)
	if r.Host == "0.0.0.0:7880" || r.URL != "http://"+r.Host {
		t.Errorf("%+v", r)
	}
	if err := r.Save(folder); err != nil {
		t.Fatal(err)
	}
	if got, ok := LoadRunning(folder); !ok || got != r {
		t.Errorf("%+v", got)
	}
	other := r
	other.PID = os.Getppid()
	if err := other.Save(folder); err != nil {
		t.Fatal(err)
	}
	if err := RemoveRunning(folder); err != nil {
		t.Fatal(err)
	}
	if _, ok := LoadRunning(folder); !ok {
		t.Error("another server's file is gone")
	}
	if err := r.Save(folder); err != nil {
		t.Fatal(err)
	}
	if err := RemoveRunning(folder); err != nil {
		t.Fatal(err)
	}
	if _, ok := LoadRunning(folder); ok {
		t.Error("still there")
	}
}
