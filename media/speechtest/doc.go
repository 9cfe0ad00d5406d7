// Package speechtest gives tests speech: the prompts that alsa-utils speaks, sentences of espeak-ng, and a room to hear them in. It needs
// alsa-utils, espeak-ng and sox.
package speechtest
