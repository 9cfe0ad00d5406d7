/*
 * A kernel's cameras for the tests, loaded before libc. Files called video0 and so on in $PARLEY_CAMERAS are cameras; their number
 * says which kind. The files hold the buffers, so that mmap maps them as they are.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { PLAIN, BUSY, METADATA, RANGE, UNPLUGGED, SILENT, CROWDED };
enum { LENGTH = 4096, BUFFERS = 3 };

static struct {
	struct v4l2_pix_format pix;
	struct v4l2_fract interval;
	int queued[BUFFERS], delivered, streaming;
} cameras[10];

static int number(int fd) {
	char link[64], path[512];
	const char *dir = getenv("PARLEY_CAMERAS");
	strcpy(link, "/proc/self/fd/");
	char *p = link + strlen(link);
	if (fd < 0 || fd > 9999 || dir == NULL) return -1;
	for (int d = 1000; d > 0; d /= 10) if (fd >= d || d == 1) *p++ = '0' + fd / d % 10;
	*p = 0;
	ssize_t n = readlink(link, path, sizeof path - 1);
	if (n < 0) return -1;
	path[n] = 0;
	size_t len = strlen(dir);
	if (strncmp(path, dir, len) != 0 || strncmp(path + len, "/video", 6) != 0) return -1;
	return path[len + 6] - '0';
}

static int fail(int err) {
	errno = err;
	return -1;
}

static int describe(int kind, unsigned long request, void *arg) {
	if (request == VIDIOC_QUERYCAP) {
		struct v4l2_capability *c = arg;
		strcpy((char *)c->card, kind == RANGE ? "Range" : "HD Webcam: HD Web");
		c->capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING | V4L2_CAP_META_CAPTURE | V4L2_CAP_DEVICE_CAPS;
		c->device_caps = V4L2_CAP_STREAMING | (kind == METADATA ? V4L2_CAP_META_CAPTURE : V4L2_CAP_VIDEO_CAPTURE);
		return 0;
	}
	if (request == VIDIOC_ENUM_FMT) {
		struct v4l2_fmtdesc *d = arg;
		if (d->index > 1) return fail(EINVAL);
		d->pixelformat = d->index ? V4L2_PIX_FMT_MJPEG : V4L2_PIX_FMT_YUYV;
		return 0;
	}
	if (request == VIDIOC_ENUM_FRAMESIZES) {
		struct v4l2_frmsizeenum *s = arg;
		if (s->index > (kind == RANGE ? 0 : 1)) return fail(EINVAL);
		if (kind == RANGE) {
			s->type = V4L2_FRMSIZE_TYPE_STEPWISE;
			s->stepwise = (struct v4l2_frmsize_stepwise){160, 1920, 16, 120, 1080, 8};
		} else {
			s->type = V4L2_FRMSIZE_TYPE_DISCRETE;
			s->discrete = (struct v4l2_frmsize_discrete){s->index ? 64 : 32, s->index ? 24 : 16};
		}
		return 0;
	}
	struct v4l2_frmivalenum *v = arg;
	if (v->index > 1) return fail(EINVAL);
	v->type = V4L2_FRMIVAL_TYPE_DISCRETE;
	v->discrete = (struct v4l2_fract){1, v->index ? 15 : 30};
	return 0;
}

static int configure(int kind, unsigned long request, void *arg) {
	if (request == VIDIOC_S_FMT || request == VIDIOC_G_FMT) {
		struct v4l2_format *f = arg;
		if (request == VIDIOC_S_FMT) {
			if (kind == BUSY) return fail(EBUSY);
			if (f->fmt.pix.pixelformat != V4L2_PIX_FMT_YUYV) return fail(EINVAL);
			memset(&cameras[kind], 0, sizeof cameras[kind]); /* what the last one who had it left */
			cameras[kind].pix = f->fmt.pix;
			cameras[kind].pix.width = 32; /* whatever was asked for */
			cameras[kind].pix.height = 16;
			cameras[kind].pix.bytesperline = 80;
		}
		f->fmt.pix = cameras[kind].pix;
		return 0;
	}
	struct v4l2_streamparm *p = arg;
	if (request == VIDIOC_S_PARM) cameras[kind].interval = p->parm.capture.timeperframe;
	p->parm.capture.timeperframe = cameras[kind].interval;
	return 0;
}

/* dequeue delivers 80*16 bytes of the picture's number; each third is broken. */
static int dequeue(int fd, int kind, struct v4l2_buffer *b) {
	int i = 0;
	while (i < BUFFERS && !cameras[kind].queued[i]) i++;
	if (kind == SILENT || i == BUFFERS) return fail(EAGAIN);
	if (kind == UNPLUGGED && cameras[kind].delivered == 2) return fail(EIO); /* and not ENODEV at first, like the kernel */
	unsigned char line[LENGTH];
	memset(line, ++cameras[kind].delivered, sizeof line);
	if (pwrite(fd, line, sizeof line, i * LENGTH) < 0) return -1;
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	cameras[kind].queued[i] = 0;
	b->index = i;
	b->bytesused = 80 * 16;
	b->timestamp.tv_sec = now.tv_sec;
	b->timestamp.tv_usec = now.tv_nsec / 1000;
	b->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC | (cameras[kind].delivered % 3 == 0 ? V4L2_BUF_FLAG_ERROR : 0);
	return 0;
}

static int stream(int fd, int kind, unsigned long request, void *arg) {
	struct v4l2_buffer *b = arg;
	switch (request) {
	case VIDIOC_REQBUFS:
		((struct v4l2_requestbuffers *)arg)->count = BUFFERS; /* one fewer than asked for */
		return 0;
	case VIDIOC_QUERYBUF:
		b->length = LENGTH;
		b->m.offset = b->index * LENGTH;
		return 0;
	case VIDIOC_QBUF:
		if (b->index >= BUFFERS || cameras[kind].queued[b->index]) return fail(EINVAL);
		cameras[kind].queued[b->index] = 1;
		return 0;
	case VIDIOC_DQBUF:
		return cameras[kind].streaming ? dequeue(fd, kind, b) : fail(EINVAL);
	case VIDIOC_STREAMON:
		if (kind == CROWDED) return fail(ENOSPC);
		cameras[kind].streaming = 1;
		return 0;
	case VIDIOC_STREAMOFF:
		memset(&cameras[kind].queued, 0, sizeof cameras[kind].queued);
		cameras[kind].streaming = 0;
		return ftruncate(fd, LENGTH * BUFFERS + 1); /* a trace: the light is out */
	}
	return fail(ENOTTY);
}

int ioctl(int fd, unsigned long request, ...) {
	va_list list;
	va_start(list, request);
	void *arg = va_arg(list, void *);
	va_end(list);
	int kind = number(fd);
	if (kind < 0) return syscall(SYS_ioctl, fd, request, arg);
	request &= 0xffffffff;
	switch (request) {
	case VIDIOC_QUERYCAP: case VIDIOC_ENUM_FMT: case VIDIOC_ENUM_FRAMESIZES: case VIDIOC_ENUM_FRAMEINTERVALS:
		return describe(kind, request, arg);
	case VIDIOC_S_FMT: case VIDIOC_G_FMT: case VIDIOC_S_PARM: case VIDIOC_G_PARM:
		return configure(kind, request, arg);
	}
	return stream(fd, kind, request, arg);
}

/* A camera that is silent never gets ready; a file always is. */
int poll(struct pollfd *fds, nfds_t n, int timeout) {
	if (n == 2 && number(fds[0].fd) == SILENT) {
		fds[0].revents = 0;
		return syscall(SYS_poll, fds + 1, 1, timeout);
	}
	return syscall(SYS_poll, fds, n, timeout);
}
