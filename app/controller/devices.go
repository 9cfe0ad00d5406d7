package controller

import (
	"context"
	"fmt"
	"hash/fnv"
	"image"
	"io"
	"path/filepath"
	"strings"

	"parley/app/config"
	"parley/media"
	"parley/media/audio"
	"parley/media/capture"
	"parley/media/device"
	"parley/media/file"
	"parley/media/speaker"
	"parley/media/synthetic"
	"parley/ui/model"
)

// Ids of devices that are no devices.
const (
	deviceOff  = "off"
	deviceTest = "test"
)

// Devices is where cameras, microphones, speakers and screens come from. Its functions are called beside the loop, from several goroutines. Tests replace some.
type Devices struct {
	Cameras, Microphones, Speakers func() ([]device.Info, error)
	Screens                        func() ([]device.Screen, error)
	Thumbnail                      func(id string, width int) (*image.RGBA, error)
	// Camera returns a source of pictures, or one of frames that are encoded already.
	Camera     func(id string) (media.VideoSource, capture.EncodedSource, error)
	Microphone func(id string) (media.AudioSource, error)
	Screen     func(id string) media.VideoSource
	Speaker    func(ctx context.Context, id string, src speaker.Source, trouble func(error)) (io.Closer, error)
}

// RealDevices returns this computer's devices, with the test devices and files that flags can name. sender is what the test picture and
// tone carry.
func RealDevices(sender uint16) Devices {
	return Devices{
		Cameras: device.Cameras, Microphones: device.Microphones, Speakers: device.Speakers, Screens: device.Screens, Thumbnail: device.Thumbnail,
		Camera: func(id string) (media.VideoSource, capture.EncodedSource, error) {
			switch {
			case id == deviceTest:
				return synthetic.NewBars(sender), nil, nil
			case strings.EqualFold(filepath.Ext(id), ".y4m"):
				return file.OpenY4M(id), nil, nil
			case strings.EqualFold(filepath.Ext(id), ".ivf"):
				ivf, err := file.OpenIVF(id)
				if err != nil {
					return nil, nil, err
				}
				return nil, ivf, nil
			}
			return device.NewCamera(id), nil, nil
		},
		Microphone: func(id string) (media.AudioSource, error) {
			switch {
			case id == deviceTest:
				return synthetic.NewTone(sender), nil
			case strings.EqualFold(filepath.Ext(id), ".wav"):
				return file.OpenWAV(id), nil
			}
			return device.NewMicrophone(id), nil
		},
		Screen: device.NewScreen,
		Speaker: func(ctx context.Context, id string, src speaker.Source, trouble func(error)) (io.Closer, error) {
			return speaker.Open(ctx, speaker.Config{DeviceID: id, Source: src, OnTrouble: trouble})
		},
	}
}

// SenderID returns the number that test devices carry: the one of the flags, or one drawn from the name.
func SenderID(f config.Flags) uint16 {
	if f.SenderID != 0 {
		return f.SenderID
	}
	h := fnv.New32a()
	fmt.Fprint(h, f.Name)
	return uint16(h.Sum32()>>16) | 1
}

// choices makes picker entries, with the chosen one first among its likes if it is none of the system's; test names the test device.
func choices(found []device.Info, chosen, test string) []model.Device {
	var list []model.Device
	known := chosen == "" || chosen == deviceOff
	for _, d := range found {
		list = append(list, model.Device{ID: d.ID, Name: d.Name})
		known = known || d.ID == chosen
	}
	if !known {
		name := filepath.Base(chosen)
		if chosen == deviceTest {
			name = test
		}
		list = append([]model.Device{{ID: chosen, Name: name}}, list...)
	}
	return list
}

// pick returns the device that is meant: the chosen one, or the default, or the first.
func pick(found []device.Info, chosen string) string {
	if chosen != "" {
		return chosen
	}
	for _, d := range found {
		if d.Default {
			return d.ID
		}
	}
	if len(found) > 0 {
		return found[0].ID
	}
	return ""
}

// levelOf measures 10 ms of sound for a meter, 0 to 1: -60 dB and below is 0.
func levelOf(pcm []int16) float32 { return 1 - min(float32(audio.Measure(pcm).DBov()), 60)/60 }
