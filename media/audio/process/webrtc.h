// What package process uses of libwebrtc-audio-processing, for C.
#ifndef PARLEY_PROCESS_WEBRTC_H
#define PARLEY_PROCESS_WEBRTC_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct parley_apm parley_apm;

// parley_apm_new returns a processor of 48 kHz mono sound that does nothing yet, or NULL.
parley_apm *parley_apm_new(void);
void parley_apm_free(parley_apm *p);

// parley_apm_set turns the parts on and off; what is turned on begins anew. It returns 0, or the library's error.
int parley_apm_set(parley_apm *p, int echo, int noise, int gain);

// parley_apm_process takes 480 samples that were played and 480 that were recorded, and cleans these in place. played is heard in them
// delay_ms later, about. It returns 0, or the library's error.
int parley_apm_process(parley_apm *p, const int16_t *played, int16_t *recorded, int delay_ms);

#ifdef __cplusplus
}
#endif
#endif
