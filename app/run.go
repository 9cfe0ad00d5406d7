package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/lang"

	"parley/app/config"
	"parley/app/controller"
	"parley/app/desktop"
	"parley/app/instance"
	"parley/assets"
	"parley/ui"
	"parley/ui/model"
)

// run does what the flags ask for: list devices, take part without a window, or open one.
func run(ctx context.Context, flags config.Flags) error {
	level := slog.LevelWarn
	if flags.Verbose {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	devices := controller.RealDevices(controller.SenderID(flags))
	switch {
	case flags.Devices:
		return controller.PrintDevices(devices, os.Stdout, flags.JSON)
	case flags.Headless:
		return controller.RunHeadless(ctx, controller.HeadlessOptions{Flags: flags, Devices: devices, In: os.Stdin, Out: os.Stdout, Log: log})
	}
	return runWindow(ctx, flags, devices, log)
}

// runWindow opens the window, or hands a link to the one that is open.
func runWindow(ctx context.Context, flags config.Flags, devices controller.Devices, log *slog.Logger) error {
	folder := config.Folder(flags.Config)
	var links <-chan string
	if !flags.SkipPrejoin && flags.Server == "" { // a link only ever opens the device check, so it may go to the window that is open
		link := flags.Link
		if link == "" {
			link = flags.Join
		}
		listener, err := instance.Open(folder, link)
		if errors.Is(err, instance.ErrRunning) {
			return nil
		}
		if err != nil {
			log.Warn("links will open windows of their own", "error", err)
		} else {
			defer listener.Close()
			links = listener.Links()
		}
	}
	settings, err := config.Load(folder)
	if err != nil {
		log.Warn("settings", "error", err)
	}
	return show(ctx, flags, folder, settings, devices, links, log)
}

// show runs window and controller until either ends.
func show(ctx context.Context, flags config.Flags, folder string, settings config.Settings, devices controller.Devices, links <-chan string, log *slog.Logger) error {
	width, height := flags.Size.Width, flags.Size.Height
	if width == 0 {
		width, height = settings.Width, settings.Height
	}
	locale := lang.SystemLocale().String()
	look := controller.Look(settings, locale)
	var c *controller.Controller
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var running sync.WaitGroup
	fyneApp := app.NewWithID(assets.AppID)
	window := ui.New(fyneApp, ui.Options{
		Title: flags.Title, Width: width, Height: height, FPS: flags.FPS, Look: look,
		Send: func(i model.Intent) { c.Send(i) }, Closed: func(w, h int) { c.Resized(w, h) },
		Opened: func(id uintptr) {
			running.Go(func() { followPlace(ctx, id, settings.Place, flags.Size.Width == 0, c, log) })
		},
	})
	c = controller.New(controller.Options{
		Flags: flags, Settings: settings, Folder: folder, Locale: locale, Devices: devices, Log: log,
		Show: window.Show, Pictures: window.PicturesChanged, Raise: window.Raise, Quit: window.Close,
		Notify: func(title, text string) {
			if window.Away() {
				fyneApp.SendNotification(fyne.NewNotification(title, text))
			}
		},
		Awake: func(ctx context.Context, reason string) (func(), error) {
			return desktop.KeepAwake(ctx, assets.Name, reason)
		},
	})
	running.Go(func() { c.Run(ctx) }) // a signal ends the window too: Fyne listens to it as well
	running.Go(func() {
		for {
			select {
			case link := <-links:
				c.OpenLink(link)
			case <-ctx.Done():
				return
			}
		}
	})
	window.Run()
	cancel()
	running.Wait()
	return nil
}
