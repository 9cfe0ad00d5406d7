//go:build linux && !speexdsp && !noprocess

#include "webrtc.h"

#include <memory>
#include <new>

#include <webrtc/modules/audio_processing/include/audio_processing.h>

using webrtc::AudioProcessing;
using webrtc::EchoCancellation;
using webrtc::GainControl;
using webrtc::NoiseSuppression;

namespace {

const int kRate = 48000;
const int kBlock = kRate / 100;

int16_t to_int(float v) {
  v *= 32768.0f;
  if (v >= 32767.0f) return 32767;
  if (v <= -32768.0f) return -32768;
  return static_cast<int16_t>(v < 0 ? v - 0.5f : v + 0.5f);
}

}  // namespace

struct parley_apm {
  std::unique_ptr<AudioProcessing> apm;
  bool echo = false;
  float played[kBlock];
  float recorded[kBlock];
};

parley_apm *parley_apm_new(void) {
  std::unique_ptr<parley_apm> p(new (std::nothrow) parley_apm);
  if (!p) return nullptr;
  // Both together: the delay that is told is right within some 30 ms only, and a longer filter with a look-out of its own forgives that.
  webrtc::Config config;
  config.Set<webrtc::ExtendedFilter>(new webrtc::ExtendedFilter(true));
  config.Set<webrtc::DelayAgnostic>(new webrtc::DelayAgnostic(true));
  config.Set<webrtc::ExperimentalAgc>(new webrtc::ExperimentalAgc(false));  // it is for the hardware's mixer, which we leave alone
  p->apm.reset(AudioProcessing::Create(config));
  if (!p->apm) return nullptr;
  webrtc::ProcessingConfig streams;
  for (auto &s : streams.streams) s = webrtc::StreamConfig(kRate, 1);
  if (p->apm->Initialize(streams) != 0) return nullptr;
  return p.release();
}

void parley_apm_free(parley_apm *p) { delete p; }

int parley_apm_set(parley_apm *p, int echo, int noise, int gain) {
  AudioProcessing *apm = p->apm.get();
  int err = apm->high_pass_filter()->Enable(echo || noise || gain);
  EchoCancellation *aec = apm->echo_cancellation();
  if (!err) err = aec->enable_drift_compensation(false);  // what it gets is resampled to one clock
  if (!err) err = aec->set_suppression_level(EchoCancellation::kModerateSuppression);
  if (!err) err = aec->Enable(echo);
  if (!err) err = apm->noise_suppression()->set_level(NoiseSuppression::kModerate);
  if (!err) err = apm->noise_suppression()->Enable(noise);
  GainControl *agc = apm->gain_control();
  if (!err) err = agc->set_mode(GainControl::kAdaptiveDigital);
  if (!err) err = agc->set_target_level_dbfs(3);
  if (!err) err = agc->set_compression_gain_db(9);
  if (!err) err = agc->enable_limiter(true);
  if (!err) err = agc->Enable(gain);
  p->echo = echo;
  return err;
}

int parley_apm_process(parley_apm *p, const int16_t *played, int16_t *recorded, int delay_ms) {
  const webrtc::StreamConfig mono(kRate, 1);
  for (int i = 0; i < kBlock; i++) {
    p->played[i] = played[i] / 32768.0f;
    p->recorded[i] = recorded[i] / 32768.0f;
  }
  float *played_channels = p->played, *recorded_channels = p->recorded;
  int err = p->apm->ProcessReverseStream(&played_channels, mono, mono, &played_channels);
  if (err) return err;
  if (p->echo) p->apm->set_stream_delay_ms(delay_ms);
  err = p->apm->ProcessStream(&recorded_channels, mono, mono, &recorded_channels);
  if (err) return err;
  for (int i = 0; i < kBlock; i++) recorded[i] = to_int(p->recorded[i]);
  return 0;
}
