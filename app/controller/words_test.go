package controller

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"parley/assets"
	"parley/media"
	"parley/rtc"
	"parley/rtc/protocol"
)

// TestEveryCodeHasWords reads the codes from the protocol's source, so that a new one cannot be forgotten.
func TestEveryCodeHasWords(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "../../rtc/protocol/errors.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if id, ok := spec.Type.(*ast.Ident); !ok || id.Name != "Code" {
			return true
		}
		value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		seen++
		for _, w := range []*assets.Words{assets.NewWords("en"), assets.NewWords("de")} {
			if text := Words(w, protocol.Errorf(protocol.Code(value), "as the server puts it")); strings.Contains(text, "as the server puts it") {
				t.Errorf("code %s has no words in %s", value, w.Tag())
			}
		}
		return true
	})
	if seen < 25 {
		t.Errorf("only %d codes in the source", seen)
	}
}

func TestWordsForWhatHappens(t *testing.T) {
	t.Parallel()
	w := assets.NewWords("en")
	for _, c := range []struct {
		err  error
		want string
	}{
		{nil, ""},
		{fmt.Errorf("connect: %w", protocol.Errorf(protocol.CodeInviteExpired, "x")), "has expired"},
		{protocol.Errorf("code-of-the-future", "The moon is wrong."), "The moon is wrong."},
		{fmt.Errorf("dial: %w", syscall.ECONNREFUSED), "no Parley server runs there"},
		{context.DeadlineExceeded, "in time"},
		{fmt.Errorf("open wire: %w", io.EOF), "broke off"},
		{fmt.Errorf("publish: %w", rtc.ErrClosed), "when it is back"},
		{fmt.Errorf("signal: %w", rtc.ErrTooManySignals), "when it is back"},
		{rtc.ErrMediaLost, "by itself"},
		{errors.New("zork"), "unexpected"},
	} {
		if got := Words(w, c.err); !strings.Contains(got, c.want) || (got == "") != (c.err == nil) {
			t.Errorf("%v: %q", c.err, got)
		}
	}
	for _, err := range []error{media.ErrBusy, media.ErrUnplugged, media.ErrNotFound, media.ErrFormat, errors.New("zork")} {
		if got := deviceWords(w, "camera", err); !strings.Contains(got, "camera") || !strings.HasSuffix(got, ".") {
			t.Errorf("%v: %q", err, got)
		}
	}
}
