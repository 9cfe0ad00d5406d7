#ifndef PARLEY_V4L2_SHIM_H
#define PARLEY_V4L2_SHIM_H

#include <linux/videodev2.h>
#include <stddef.h>
#include <stdint.h>

#define PV_BUFFERS 4

typedef struct {
	int fd;
	int wake[2]; /* pipe */
	int buffers; /* mapped */
	int held;    /* index of the buffer that pv_next gave out; -1 for none */
	int streaming;
	struct {
		void *at;
		size_t length;
	} buffer[PV_BUFFERS];
} pv_camera;

typedef struct {
	unsigned width, height, stride, fourcc;
	double rate; /* 0 is unknown */
} pv_format;

/* All functions return 0 or an errno, but where they say otherwise. */

int pv_open(const char *path, pv_camera *c);
/* pv_identify tells the name; ENODEV when the node is none that delivers pictures. */
int pv_identify(pv_camera *c, char *card, size_t size);
/* The next three return EINVAL past the last index. */
int pv_fourcc(pv_camera *c, unsigned index, unsigned *fourcc);
/* pv_size takes the wanted size and returns a discrete one, or the nearest to the wanted one in a range. ranged says so. */
int pv_size(pv_camera *c, unsigned fourcc, unsigned index, unsigned *width, unsigned *height, int *ranged);
int pv_rate(pv_camera *c, unsigned fourcc, unsigned width, unsigned height, unsigned index, double *rate);
/* pv_set asks for a format, and reads the one that the driver really set. */
int pv_set(pv_camera *c, pv_format *f);
int pv_start(pv_camera *c);
/* pv_next waits for a picture: ETIMEDOUT after timeout_ms, ECANCELED after pv_wake, EIO for one that the driver calls broken. The
 * bytes stay until the next pv_next. age is how long ago the picture was taken, in nanoseconds, or -1. */
int pv_next(pv_camera *c, int timeout_ms, uint8_t **data, size_t *length, int64_t *age);
/* pv_wake makes the present and every later pv_next return. Any thread may call it. */
void pv_wake(pv_camera *c);
void pv_close(pv_camera *c);

#endif
