package desktop

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"

	"github.com/godbus/dbus/v5"
)

// answerWithin bounds the wait for a bus.
const answerWithin = 3 * time.Second

// buses are the ways to the desktop and to the system.
type buses struct {
	session, system func(ctx context.Context) (*dbus.Conn, error)
}

func realBuses() buses {
	return buses{
		session: sessionBus,
		system:  func(ctx context.Context) (*dbus.Conn, error) { return dbus.ConnectSystemBus(dbus.WithContext(ctx)) },
	}
}

// sessionBus connects to the bus of the desktop, if there is one: the library would start one otherwise.
func sessionBus(ctx context.Context) (*dbus.Conn, error) {
	conn, err := dbus.SessionBusPrivateNoAutoStartup(dbus.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	if err = conn.Auth(nil); err == nil {
		err = conn.Hello()
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

// KeepAwake keeps the screen from going dark and the computer from falling asleep by itself until release is called, which is idempotent. It
// waits for the desktop's answer: call it beside what must not wait. The user can still send the computer to sleep.
func KeepAwake(ctx context.Context, app, reason string) (release func(), err error) {
	return realBuses().keepAwake(ctx, app, reason)
}

func (b buses) keepAwake(ctx context.Context, app, reason string) (release func(), err error) {
	screen, screenErr := b.holdScreen(ctx, app, reason)
	idle, idleErr := b.holdIdle(ctx, app, reason)
	if screenErr != nil && idleErr != nil {
		return nil, fmt.Errorf("keep awake: %w", errors.Join(ErrUnsupported, screenErr, idleErr))
	}
	return sync.OnceFunc(func() {
		for _, let := range []func(){screen, idle} {
			if let != nil {
				let()
			}
		}
	}), nil
}

// holdScreen asks the desktop's screen saver. It holds for as long as the connection does, so the connection stays.
func (b buses) holdScreen(ctx context.Context, app, reason string) (let func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	conn, err := b.session(context.WithoutCancel(ctx))
	if err != nil {
		return nil, fmt.Errorf("session bus: %w", err)
	}
	saver := conn.Object("org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver")
	var cookie uint32
	if err := saver.CallWithContext(ctx, "org.freedesktop.ScreenSaver.Inhibit", 0, app, reason).Store(&cookie); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("screen saver: %w", err)
	}
	return func() {
		saver.Go("org.freedesktop.ScreenSaver.UnInhibit", dbus.FlagNoReplyExpected, nil, cookie)
		_ = conn.Close()
	}, nil
}

// holdIdle asks logind, which knows of consoles and of desktops without a screen saver. It holds for as long as a file is open.
func (b buses) holdIdle(ctx context.Context, app, reason string) (let func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	conn, err := b.system(context.WithoutCancel(ctx))
	if err != nil {
		return nil, fmt.Errorf("system bus: %w", err)
	}
	defer conn.Close()
	var fd dbus.UnixFD
	login := conn.Object("org.freedesktop.login1", "/org/freedesktop/login1")
	if err := login.CallWithContext(ctx, "org.freedesktop.login1.Manager.Inhibit", 0, "idle", app, reason, "block").Store(&fd); err != nil {
		return nil, fmt.Errorf("logind: %w", err)
	}
	return func() { _ = syscall.Close(int(fd)) }, nil
}
