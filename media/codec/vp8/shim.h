// What the Go side needs of libvpx, without its macros and unions.
#ifndef PARLEY_VP8_SHIM_H
#define PARLEY_VP8_SHIM_H

#include <stdint.h>
#include <stddef.h>

typedef struct parley_encoder parley_encoder;
typedef struct parley_decoder parley_decoder;

typedef struct {
  int width, height, kbps, threads, cpu_used, screen;
} parley_encoder_config;

// What the encoder made; data is valid until the next call. data is NULL when the picture was dropped.
typedef struct {
  const uint8_t *data;
  size_t size;
  int key;
} parley_packet;

// What the decoder made; y is NULL when there is no picture to show. Valid until the next call.
typedef struct {
  uint8_t *y, *u, *v;
  int stride_y, stride_u, stride_v, width, height;
} parley_picture;

// All return NULL, or what went wrong in static storage.
const char *parley_encoder_new(parley_encoder **out, const parley_encoder_config *config);
const char *parley_encoder_rate(parley_encoder *e, int kbps);
const char *parley_encode(parley_encoder *e, uint8_t *y, uint8_t *u, uint8_t *v, int stride_y, int stride_uv, int64_t pts,
                          unsigned long duration, int key, parley_packet *out);
void parley_encoder_free(parley_encoder *e);

const char *parley_decoder_new(parley_decoder **out, int threads);
const char *parley_decode(parley_decoder *d, const uint8_t *data, unsigned int size, parley_picture *out);
void parley_decoder_free(parley_decoder *d);

#endif
