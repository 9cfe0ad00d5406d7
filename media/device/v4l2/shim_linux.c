#define _GNU_SOURCE /* pipe2 */
#include "shim_linux.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* call is ioctl, begun again after a signal, with the cause as result. */
static int call(int fd, unsigned long request, void *arg) {
	int r;
	do
		r = ioctl(fd, request, arg);
	while (r < 0 && errno == EINTR);
	return r < 0 ? errno : 0;
}

int pv_open(const char *path, pv_camera *c) {
	memset(c, 0, sizeof *c);
	c->held = -1;
	c->fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (c->fd < 0) return errno;
	if (pipe2(c->wake, O_NONBLOCK | O_CLOEXEC) < 0) {
		int err = errno;
		close(c->fd);
		return err;
	}
	return 0;
}

int pv_identify(pv_camera *c, char *card, size_t size) {
	struct v4l2_capability cap;
	memset(&cap, 0, sizeof cap);
	int err = call(c->fd, VIDIOC_QUERYCAP, &cap);
	if (err) return err == ENOTTY || err == EINVAL ? ENODEV : err;
	/* capabilities are those of the whole device, which has nodes for metadata too. */
	unsigned caps = cap.capabilities & V4L2_CAP_DEVICE_CAPS ? cap.device_caps : cap.capabilities;
	if (!(caps & V4L2_CAP_VIDEO_CAPTURE) || !(caps & V4L2_CAP_STREAMING)) return ENODEV;
	memset(card, 0, size);
	strncpy(card, (const char *)cap.card, size - 1 < sizeof cap.card ? size - 1 : sizeof cap.card);
	return 0;
}

int pv_fourcc(pv_camera *c, unsigned index, unsigned *fourcc) {
	struct v4l2_fmtdesc d;
	memset(&d, 0, sizeof d);
	d.index = index;
	d.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	int err = call(c->fd, VIDIOC_ENUM_FMT, &d);
	*fourcc = d.pixelformat;
	return err;
}

/* nearest brings a wanted side into a range. A step of 0 is one of 1. */
static unsigned nearest(unsigned want, unsigned min, unsigned max, unsigned step) {
	if (want >= max) return max;
	if (want <= min) return min;
	if (step == 0) step = 1;
	unsigned up = min + (want - min + step - 1) / step * step;
	return up > max ? max : up;
}

int pv_size(pv_camera *c, unsigned fourcc, unsigned index, unsigned *width, unsigned *height, int *ranged) {
	struct v4l2_frmsizeenum s;
	memset(&s, 0, sizeof s);
	s.index = index;
	s.pixel_format = fourcc;
	int err = call(c->fd, VIDIOC_ENUM_FRAMESIZES, &s);
	if (err) return err;
	*ranged = s.type != V4L2_FRMSIZE_TYPE_DISCRETE;
	if (!*ranged) {
		*width = s.discrete.width;
		*height = s.discrete.height;
		return 0;
	}
	*width = nearest(*width, s.stepwise.min_width, s.stepwise.max_width, s.stepwise.step_width);
	*height = nearest(*height, s.stepwise.min_height, s.stepwise.max_height, s.stepwise.step_height);
	return 0;
}

int pv_rate(pv_camera *c, unsigned fourcc, unsigned width, unsigned height, unsigned index, double *rate) {
	struct v4l2_frmivalenum v;
	memset(&v, 0, sizeof v);
	v.index = index;
	v.pixel_format = fourcc;
	v.width = width;
	v.height = height;
	int err = call(c->fd, VIDIOC_ENUM_FRAMEINTERVALS, &v);
	if (err) return err;
	/* Of a range, the shortest interval: the camera takes any longer one too. */
	struct v4l2_fract f = v.type == V4L2_FRMIVAL_TYPE_DISCRETE ? v.discrete : v.stepwise.min;
	if (v.type != V4L2_FRMIVAL_TYPE_DISCRETE && index > 0) return EINVAL;
	*rate = f.numerator ? (double)f.denominator / f.numerator : 0;
	return 0;
}

int pv_set(pv_camera *c, pv_format *f) {
	struct v4l2_format v;
	memset(&v, 0, sizeof v);
	v.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	v.fmt.pix.width = f->width;
	v.fmt.pix.height = f->height;
	v.fmt.pix.pixelformat = f->fourcc;
	v.fmt.pix.field = V4L2_FIELD_ANY;
	int err = call(c->fd, VIDIOC_S_FMT, &v);
	if (err) return err;

	struct v4l2_streamparm p;
	memset(&p, 0, sizeof p);
	p.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	if (f->rate > 0) {
		p.parm.capture.timeperframe.numerator = 1000;
		p.parm.capture.timeperframe.denominator = (unsigned)(f->rate * 1000 + 0.5);
		call(c->fd, VIDIOC_S_PARM, &p); /* not every driver can; its own rate is read below */
	}
	memset(&p, 0, sizeof p);
	p.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	f->rate = 0;
	if (call(c->fd, VIDIOC_G_PARM, &p) == 0 && p.parm.capture.timeperframe.numerator > 0)
		f->rate = (double)p.parm.capture.timeperframe.denominator / p.parm.capture.timeperframe.numerator;

	memset(&v, 0, sizeof v);
	v.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	err = call(c->fd, VIDIOC_G_FMT, &v);
	if (err) return err;
	f->width = v.fmt.pix.width;
	f->height = v.fmt.pix.height;
	f->stride = v.fmt.pix.bytesperline;
	f->fourcc = v.fmt.pix.pixelformat;
	return 0;
}

static struct v4l2_buffer empty_buffer(unsigned index) {
	struct v4l2_buffer b;
	memset(&b, 0, sizeof b);
	b.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	b.memory = V4L2_MEMORY_MMAP;
	b.index = index;
	return b;
}

int pv_start(pv_camera *c) {
	struct v4l2_requestbuffers req;
	memset(&req, 0, sizeof req);
	req.count = PV_BUFFERS;
	req.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	req.memory = V4L2_MEMORY_MMAP;
	int err = call(c->fd, VIDIOC_REQBUFS, &req);
	if (err) return err;
	if (req.count == 0) return ENOMEM;
	for (unsigned i = 0; i < req.count && i < PV_BUFFERS; i++) {
		struct v4l2_buffer b = empty_buffer(i);
		err = call(c->fd, VIDIOC_QUERYBUF, &b);
		if (err) return err;
		void *at = mmap(NULL, b.length, PROT_READ | PROT_WRITE, MAP_SHARED, c->fd, b.m.offset);
		if (at == MAP_FAILED) return errno;
		c->buffer[i].at = at;
		c->buffer[i].length = b.length;
		c->buffers++;
		b = empty_buffer(i);
		err = call(c->fd, VIDIOC_QBUF, &b);
		if (err) return err;
	}
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	err = call(c->fd, VIDIOC_STREAMON, &type);
	c->streaming = err == 0;
	return err;
}

static int64_t age_of(const struct v4l2_buffer *b) {
	struct timespec now;
	if ((b->flags & V4L2_BUF_FLAG_TIMESTAMP_MASK) != V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC) return -1;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return ((int64_t)now.tv_sec - b->timestamp.tv_sec) * 1000000000 + now.tv_nsec - (int64_t)b->timestamp.tv_usec * 1000;
}

/* dequeue takes the next filled buffer; EAGAIN when there is none. */
static int dequeue(pv_camera *c, uint8_t **data, size_t *length, int64_t *age) {
	struct v4l2_buffer b = empty_buffer(0);
	int err = call(c->fd, VIDIOC_DQBUF, &b);
	if (err) return err == EIO ? ENODEV : err; /* the whole queue is broken, as it is shortly before the device is gone */
	if (b.index >= (unsigned)c->buffers) return ENODEV;
	c->held = b.index;
	if (b.flags & V4L2_BUF_FLAG_ERROR) return EIO;
	*data = c->buffer[b.index].at;
	*length = b.bytesused < c->buffer[b.index].length ? b.bytesused : c->buffer[b.index].length;
	*age = age_of(&b);
	return 0;
}

int pv_next(pv_camera *c, int timeout_ms, uint8_t **data, size_t *length, int64_t *age) {
	if (c->held >= 0) {
		struct v4l2_buffer b = empty_buffer(c->held);
		c->held = -1;
		int err = call(c->fd, VIDIOC_QBUF, &b);
		if (err) return err == EIO ? ENODEV : err;
	}
	for (;;) {
		struct pollfd fds[2] = {{c->fd, POLLIN, 0}, {c->wake[0], POLLIN, 0}};
		int n = poll(fds, 2, timeout_ms);
		if (n < 0 && errno == EINTR) continue;
		if (n < 0) return errno;
		if (fds[1].revents) return ECANCELED;
		if (n == 0) return ETIMEDOUT;
		int err = dequeue(c, data, length, age);
		if (err != EAGAIN) return err;
		/* Nothing to take and yet an event: the device is gone, and poll would return at once for ever. */
		if (fds[0].revents & (POLLERR | POLLHUP | POLLNVAL)) return ENODEV;
	}
}

void pv_wake(pv_camera *c) {
	ssize_t n = write(c->wake[1], "", 1);
	(void)n; /* full means that it is awake */
}

void pv_close(pv_camera *c) {
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	if (c->streaming) call(c->fd, VIDIOC_STREAMOFF, &type);
	for (int i = 0; i < c->buffers; i++) munmap(c->buffer[i].at, c->buffer[i].length);
	close(c->fd);
	close(c->wake[0]);
	close(c->wake[1]);
}
