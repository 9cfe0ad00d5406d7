#include "shim.h"

#include <stdlib.h>
#include <string.h>
#include <libyuv.h>
#include <turbojpeg.h>

struct parley_mjpeg {
  tjhandle tj;
  int width, height, sampling, space; // of the header read last
  uint8_t *scratch;
  size_t room;
};

parley_mjpeg *parley_mjpeg_new(void) {
  parley_mjpeg *d = calloc(1, sizeof *d);
  if (d && !(d->tj = tjInitDecompress())) {
    free(d);
    return NULL;
  }
  return d;
}

void parley_mjpeg_free(parley_mjpeg *d) {
  tjDestroy(d->tj);
  free(d->scratch);
  free(d);
}

int parley_mjpeg_size(parley_mjpeg *d, const uint8_t *data, unsigned long size, int *width, int *height) {
  if (tjDecompressHeader3(d->tj, data, size, &d->width, &d->height, &d->sampling, &d->space) != 0 &&
      tjGetErrorCode(d->tj) != TJERR_WARNING) {
    // After a bad header the handle of libjpeg-turbo 2.1 refuses the next, good one ("improper call in state").
    tjhandle fresh = tjInitDecompress();
    if (!fresh) return parley_mjpeg_memory;
    tjDestroy(d->tj);
    d->tj = fresh;
    return parley_mjpeg_format;
  }
  *width = d->width;
  *height = d->height;
  return parley_mjpeg_ok;
}

static int reserve(parley_mjpeg *d, size_t n) {
  if (d->room >= n) return 1;
  free(d->scratch);
  d->scratch = malloc(n);
  d->room = d->scratch ? n : 0;
  return d->scratch != NULL;
}

// verdict says whether a picture that libjpeg warned about may be shown. Many cameras leave stray bytes between the markers, which
// is harmless; everything else it warns about (an early end, bad codes) leaves part of the picture grey or shifted.
static int verdict(parley_mjpeg *d, int result) {
  if (result == 0) return parley_mjpeg_ok;
  if (tjGetErrorCode(d->tj) == TJERR_WARNING && strstr(tjGetErrorStr2(d->tj), "extraneous bytes")) return parley_mjpeg_ok;
  return parley_mjpeg_torn;
}

// limit brings full range to limited: 0..255 to 16..235, and chroma 0..255 to 16..240.
#if defined(__GNUC__) && !defined(__clang__)
__attribute__((optimize("O3"))) // vectorizes the loop, which -O2 may not
#endif
static void limit(uint8_t *p, int stride, int w, int h, int chroma) {
  const unsigned gain = chroma ? 225 : 220, bias = chroma ? 128 * 256 - 128 * 225 + 128 : 16 * 256 + 128;
  for (int row = 0; row < h; row++, p += stride)
    for (int x = 0; x < w; x++) p[x] = (uint8_t)((uint16_t)(p[x] * gain + bias) >> 8);
}

static int through_rgb(parley_mjpeg *d, const uint8_t *data, unsigned long size, uint8_t *y, uint8_t *u, uint8_t *v, int stride_y,
                       int stride_uv) {
  int stride = d->width * 4;
  if (!reserve(d, (size_t)stride * d->height)) return parley_mjpeg_memory;
  int result = verdict(d, tjDecompress2(d->tj, data, size, d->scratch, d->width, stride, d->height, TJPF_BGRA, TJFLAG_LIMITSCANS));
  if (result != parley_mjpeg_ok) return result;
  if (ARGBToI420(d->scratch, stride, y, stride_y, u, stride_uv, v, stride_uv, d->width, d->height)) return parley_mjpeg_format;
  return parley_mjpeg_ok;
}

int parley_mjpeg_decode(parley_mjpeg *d, const uint8_t *data, unsigned long size, uint8_t *y, uint8_t *u, uint8_t *v, int stride_y,
                        int stride_uv) {
  int w = d->width, h = d->height, cw = (w + 1) / 2, ch = (h + 1) / 2;
  if (d->space == TJCS_CMYK || d->space == TJCS_YCCK) return parley_mjpeg_format;
  int plain = d->sampling == TJSAMP_420 || d->sampling == TJSAMP_422 || d->sampling == TJSAMP_444 || d->sampling == TJSAMP_GRAY;
  if (!plain || d->space == TJCS_RGB) return through_rgb(d, data, size, y, u, v, stride_y, stride_uv);

  // turbojpeg writes planes padded to whole blocks of its sampling, which dst may have no room for: it gets planes of its own.
  size_t sizes[3];
  int strides[3] = {0}, parts = d->sampling == TJSAMP_GRAY ? 1 : 3;
  size_t total = 0;
  for (int i = 0; i < parts; i++) {
    strides[i] = tjPlaneWidth(i, w, d->sampling);
    sizes[i] = (size_t)strides[i] * tjPlaneHeight(i, h, d->sampling);
    total += sizes[i];
  }
  if (!reserve(d, total)) return parley_mjpeg_memory;
  uint8_t *planes[3] = {d->scratch, d->scratch + sizes[0], d->scratch + (parts == 3 ? sizes[0] + sizes[1] : 0)};
  int result = verdict(d, tjDecompressToYUVPlanes(d->tj, data, size, planes, w, strides, h, TJFLAG_LIMITSCANS));
  if (result != parley_mjpeg_ok) return result;
  int bad = 1;
  switch (d->sampling) {
  case TJSAMP_420:
    bad = I420Copy(planes[0], strides[0], planes[1], strides[1], planes[2], strides[2], y, stride_y, u, stride_uv, v, stride_uv, w, h);
    break;
  case TJSAMP_422:
    bad = I422ToI420(planes[0], strides[0], planes[1], strides[1], planes[2], strides[2], y, stride_y, u, stride_uv, v, stride_uv, w, h);
    break;
  case TJSAMP_444:
    bad = I444ToI420(planes[0], strides[0], planes[1], strides[1], planes[2], strides[2], y, stride_y, u, stride_uv, v, stride_uv, w, h);
    break;
  case TJSAMP_GRAY: bad = I400ToI420(planes[0], strides[0], y, stride_y, u, stride_uv, v, stride_uv, w, h); break;
  }
  if (bad) return parley_mjpeg_format;
  limit(y, stride_y, w, h, 0);
  limit(u, stride_uv, cw, ch, 1);
  limit(v, stride_uv, cw, ch, 1);
  return parley_mjpeg_ok;
}
