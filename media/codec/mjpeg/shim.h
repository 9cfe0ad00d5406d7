// What the Go side needs of turbojpeg and libyuv.
#ifndef PARLEY_MJPEG_SHIM_H
#define PARLEY_MJPEG_SHIM_H

#include <stdint.h>

typedef struct parley_mjpeg parley_mjpeg;

enum { parley_mjpeg_ok, parley_mjpeg_torn, parley_mjpeg_format, parley_mjpeg_memory };

parley_mjpeg *parley_mjpeg_new(void);
void parley_mjpeg_free(parley_mjpeg *d);
int parley_mjpeg_size(parley_mjpeg *d, const uint8_t *data, unsigned long size, int *width, int *height);
// parley_mjpeg_decode follows parley_mjpeg_size of the same data.
int parley_mjpeg_decode(parley_mjpeg *d, const uint8_t *data, unsigned long size, uint8_t *y, uint8_t *u, uint8_t *v, int stride_y,
                        int stride_uv);

#endif
