package controller

import (
	"path/filepath"
	"strings"

	"parley/app/config"
	"parley/media/audio"
	"parley/media/audio/process"
	"parley/media/capture"
	"parley/ui/model"
)

// audible is what the speaker plays: the mixer, whose sound the reference for taking echo out hears too. It is a speaker.Listener.
type audible struct {
	*audio.Mixer
	*process.Reference
}

// cleaning is what is done to the microphone's sound.
type cleaning struct {
	reference *process.Reference // what the speaker plays

	// loop state
	options   process.Options
	processor *process.Processor // of the microphone that is open; nil when there is none
}

// set changes what is done, at once.
func (c *cleaning) set(o process.Options) {
	c.options = o
	if c.processor != nil {
		c.processor.Set(o)
	}
}

// use takes the processor of a microphone that is open now. It may be nil.
func (c *cleaning) use(p *process.Processor) {
	c.processor = p
	c.set(c.options) // it may have been changed meanwhile
}

// clean gives a capture that is to be started a processor, but for test sounds and files, which are heard as they are. Any goroutine calls it.
func clean(cfg *capture.AudioConfig, id string, ref *process.Reference, o process.Options) (*process.Processor, error) {
	if id == deviceTest || strings.EqualFold(filepath.Ext(id), ".wav") {
		return nil, nil
	}
	p, err := process.New(ref, o)
	if err != nil {
		return nil, err
	}
	cfg.Processor = p
	return p, nil
}

// talkedMuted tells the user that nobody hears them.
func (c *Controller) talkedMuted() {
	if c.phase.phase == model.PhaseRunning && c.call.session != nil && !c.call.mic.on {
		c.notice(model.NoticeInfo, c.say("notice.muted"))
	}
}

// setProcessing changes what is done to the microphone's sound, and remembers it.
func (c *Controller) setProcessing(p config.Processing) {
	c.settings.Processing = p
	c.call.mic.clean.set(process.Options(p))
}
