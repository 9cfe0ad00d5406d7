package controller

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"syscall"

	"parley/assets"
	"parley/media"
	"parley/rtc"
	"parley/rtc/protocol"
	"parley/rtc/wire"
)

// Words says in a sentence what went wrong and what to do. It never guesses: what it does not know it calls unknown, and the log
// has the detail.
func Words(w *assets.Words, err error) string {
	if err == nil {
		return ""
	}
	var body *protocol.ErrorBody
	if errors.As(err, &body) {
		key := "error." + string(body.Code)
		if text := w.Say(key); text != key {
			return text
		}
		return w.Say("error.other", "Message", body.Message)
	}
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns):
		return w.Say("error.no-such-computer", "Name", dns.Name)
	case errors.Is(err, syscall.ECONNREFUSED):
		return w.Say("error.refused")
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return w.Say("error.unreachable")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return w.Say("error.no-answer")
	case errors.Is(err, context.Canceled):
		return w.Say("error.cancelled")
	case errors.Is(err, rtc.ErrMediaLost):
		return w.Say("error.media-lost")
	case errors.Is(err, rtc.ErrTooManySignals):
		return w.Say("error.too-many-signals")
	case errors.Is(err, rtc.ErrClosed):
		return w.Say("error.disconnected")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, wire.ErrClosed):
		return w.Say("error.broken-off")
	}
	return w.Say("error.unexpected")
}

// deviceWords says what is wrong with a device. noun is "camera", "microphone" or "speaker".
func deviceWords(w *assets.Words, noun string, err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, media.ErrBusy):
		return w.Say(noun + ".busy")
	case errors.Is(err, media.ErrUnplugged):
		return w.Say(noun + ".unplugged")
	case errors.Is(err, media.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return w.Say(noun + ".missing")
	case errors.Is(err, media.ErrFormat):
		return w.Say(noun + ".format")
	case errors.Is(err, fs.ErrPermission):
		return w.Say(noun + ".forbidden")
	}
	return w.Say(noun + ".failed")
}

// say returns the text of a key in the user's language.
func (c *Controller) say(key string, args ...any) string { return c.words.Say(key, args...) }
