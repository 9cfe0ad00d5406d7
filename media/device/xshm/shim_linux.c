#include "shim_linux.h"

#include <X11/Xlib.h>
#include <X11/Xlibint.h>
#include <X11/Xutil.h>
#include <X11/extensions/XShm.h>
#include <X11/extensions/Xfixes.h>
#include <X11/extensions/Xrandr.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>

struct xs_grabber {
	Display *dpy;
	Window root;
	_XAsyncHandler errors;
	int error;      /* code of the last protocol error, 0 for none */
	int dead;       /* the connection broke */
	int changed;    /* since xs_monitors */
	int randr;      /* RandR has monitors (1.5) */
	int randr_base; /* of its events; -1 without it */
	int fixes;      /* the cursor can be had */
	int shared;     /* MIT-SHM works */
	XImage *image;
	XShmSegmentInfo segment; /* shmaddr is NULL while there is none */
	size_t capacity;         /* bytes of image->data */
};

/*
 * By default Xlib ends the process on any protocol error, and one is ordinary here: a picture is asked for while the screen
 * shrinks under it (BadMatch). XSetErrorHandler would be the obvious remedy, but it is global to the process and not safe against
 * other threads: GLFW, which has windows in this process, installs its own handler around some calls and then sets the default
 * again, so that ours would be lost, or theirs, depending on who came last. The list of asynchronous handlers belongs to one
 * connection. Xlib's own extension libraries use it; _XError asks it before the global handler:
 * https://gitlab.freedesktop.org/xorg/lib/libx11/-/blob/libX11-1.8.4/src/XlibInt.c (_XError).
 */
static Bool on_error(Display *dpy, xReply *rep, char *buf, int len, XPointer data) {
	(void)dpy;
	(void)buf;
	(void)len;
	if (rep->generic.type != X_Error) return False;
	((xs_grabber *)data)->error = rep->error.errorCode;
	return True;
}

/*
 * A broken connection ends the process too. Since libX11 1.7 a connection can have an exit handler, which returns here; from then
 * on each call on the connection fails at once. But the global handler is asked before it, and the default one exits by itself
 * (_XDefaultIOError), so that one has to go. on_io_error does nothing for a grabber's connection and asks the handler that was
 * there for any other, and Xlib ends the process after it as ever: for the rest of the process nothing changes. It is the only
 * state that is shared here, because Xlib has but one; it is set again by each xs_open, lest someone replaced it meanwhile. GLFW
 * sets none.
 */
static _Atomic(XIOErrorHandler) io_handler_before;

static void on_broken(Display *dpy, void *data) {
	((xs_grabber *)data)->dead = 1;
	/*
	 * Xlib has taken the lock that XLockDisplay takes, for this thread, because it expects the handler to end the process:
	 * https://gitlab.freedesktop.org/xorg/lib/libx11/-/blob/libX11-1.8.4/src/XlibInt.c (_XIOError). Kept, it would let whichever other
	 * thread closes the grabber wait for ever.
	 */
	XUnlockDisplay(dpy);
}

static int on_io_error(Display *dpy) {
	if (dpy->exit_handler == on_broken) return 0;
	XIOErrorHandler before = atomic_load(&io_handler_before);
	return before != NULL ? before(dpy) : 0;
}

static void survive_io_errors(Display *dpy, xs_grabber *g) {
	XIOErrorHandler before = XSetIOErrorHandler(on_io_error);
	if (before != on_io_error) atomic_store(&io_handler_before, before);
	XSetIOErrorExitHandler(dpy, on_broken, g);
}

static void drop_image(xs_grabber *g) {
	if (g->segment.shmaddr != NULL) {
		XShmDetach(g->dpy, &g->segment);
		XSync(g->dpy, False);
		if (g->image != NULL) g->image->data = NULL; /* XDestroyImage would free() it */
		shmdt(g->segment.shmaddr);
		g->segment.shmaddr = NULL;
	}
	if (g->image != NULL) XDestroyImage(g->image);
	g->image = NULL;
	g->capacity = 0;
}

/* share_memory gives the image memory that the server writes to. It returns 0 when the server is on another machine or must not. */
static int share_memory(xs_grabber *g, size_t size) {
	g->segment.shmid = shmget(IPC_PRIVATE, size, IPC_CREAT | 0600);
	if (g->segment.shmid < 0) return 0;
	void *at = shmat(g->segment.shmid, NULL, 0);
	if (at == (void *)-1) {
		shmctl(g->segment.shmid, IPC_RMID, NULL);
		return 0;
	}
	g->segment.shmaddr = at;
	g->segment.readOnly = False;
	g->error = 0;
	int attached = XShmAttach(g->dpy, &g->segment);
	XSync(g->dpy, False);
	/* Marked at once, the segment goes with its last user, even when the process is killed. */
	shmctl(g->segment.shmid, IPC_RMID, NULL);
	if (!attached || g->error || g->dead) {
		shmdt(at);
		g->segment.shmaddr = NULL;
		return 0;
	}
	g->image->data = at;
	return 1;
}

/* need_image makes g->image have the size. */
static int need_image(xs_grabber *g, int width, int height) {
	if (g->image != NULL && g->image->width == width && g->image->height == height) return XS_OK;
	drop_image(g);
	int screen = DefaultScreen(g->dpy);
	Visual *visual = DefaultVisual(g->dpy, screen);
	int depth = DefaultDepth(g->dpy, screen);
	if (g->shared)
		g->image = XShmCreateImage(g->dpy, visual, depth, ZPixmap, NULL, &g->segment, width, height);
	else
		g->image = XCreateImage(g->dpy, visual, depth, ZPixmap, 0, NULL, width, height, 32, 0);
	if (g->image == NULL) return g->dead ? XS_GONE : XS_MEMORY;
	size_t size = (size_t)g->image->bytes_per_line * height;
	if (g->shared && !share_memory(g, size)) {
		g->shared = 0;
		return g->dead ? XS_GONE : need_image(g, width, height);
	}
	if (!g->shared && (g->image->data = malloc(size)) == NULL) return XS_MEMORY;
	g->capacity = size;
	return XS_OK;
}

/*
 * Connecting and disconnecting are done by one thread at a time. Both change lists that Xlib and its extension libraries keep for the whole
 * process, and not all of that is safe: under heavy load, with many displays opened and closed at once, glibc once found its heap
 * damaged in XOpenDisplay.
 */
static pthread_mutex_t connecting = PTHREAD_MUTEX_INITIALIZER;

static int open_alone(const char *display, xs_grabber **out);
static void close_alone(xs_grabber *g);

int xs_open(const char *display, xs_grabber **out) {
	pthread_mutex_lock(&connecting);
	int result = open_alone(display, out);
	pthread_mutex_unlock(&connecting);
	return result;
}

static int open_alone(const char *display, xs_grabber **out) {
	XInitThreads(); /* idempotent; before libX11 1.8 not implied */
	Display *dpy = XOpenDisplay(display);
	if (dpy == NULL) return XS_NO_DISPLAY;
	xs_grabber *g = calloc(1, sizeof *g);
	if (g == NULL) {
		XCloseDisplay(dpy);
		return XS_MEMORY;
	}
	g->dpy = dpy;
	g->root = DefaultRootWindow(dpy);
	survive_io_errors(dpy, g);
	LockDisplay(dpy);
	g->errors.handler = on_error;
	g->errors.data = (XPointer)g;
	g->errors.next = dpy->async_handlers;
	dpy->async_handlers = &g->errors;
	UnlockDisplay(dpy);

	int event, error, major, minor, opcode, result = XS_OK;
	Visual *v = DefaultVisual(dpy, DefaultScreen(dpy));
	XImage *probe = XCreateImage(dpy, v, DefaultDepth(dpy, DefaultScreen(dpy)), ZPixmap, 0, NULL, 1, 1, 32, 0);
	if (probe == NULL || probe->bits_per_pixel != 32 || probe->byte_order != LSBFirst || v->red_mask != 0xff0000 ||
	    v->green_mask != 0xff00 || v->blue_mask != 0xff)
		result = XS_FORMAT;
	if (probe != NULL) XDestroyImage(probe);
	if (XQueryExtension(dpy, "XWAYLAND", &opcode, &event, &error)) result = XS_WAYLAND;
	g->shared = XShmQueryExtension(dpy);
	/* Without XFixesQueryVersion the server takes the client for one of version 0 and answers everything with BadRequest. */
	g->fixes = XFixesQueryExtension(dpy, &event, &error) && XFixesQueryVersion(dpy, &major, &minor);
	g->randr_base = -1;
	if (XRRQueryExtension(dpy, &g->randr_base, &error) && XRRQueryVersion(dpy, &major, &minor)) {
		g->randr = major > 1 || (major == 1 && minor >= 5);
		XRRSelectInput(dpy, g->root, RRScreenChangeNotifyMask | RRCrtcChangeNotifyMask | RROutputChangeNotifyMask);
	}
	XSync(dpy, False);
	if (g->dead) result = XS_GONE;
	if (result != XS_OK) {
		close_alone(g);
		return result;
	}
	*out = g;
	return XS_OK;
}

/* take_events empties the queue: only RandR's events were asked for. */
static void take_events(xs_grabber *g) {
	XEvent ev;
	while (!g->dead && XPending(g->dpy) > 0) {
		XNextEvent(g->dpy, &ev);
		if (g->randr_base < 0) continue;
		if (ev.type == g->randr_base + RRScreenChangeNotify || ev.type == g->randr_base + RRNotify) {
			XRRUpdateConfiguration(&ev);
			g->changed = 1;
		}
	}
}

static void name_monitor(xs_grabber *g, Atom atom, xs_monitor *m) {
	char *name = XGetAtomName(g->dpy, atom);
	if (name == NULL) return;
	strncpy(m->name, name, sizeof m->name - 1);
	XFree(name);
}

int xs_monitors(xs_grabber *g, xs_monitor *out, int max, int *count) {
	*count = 0;
	memset(out, 0, max * sizeof *out);
	g->error = 0;
	take_events(g);
	g->changed = 0;
	int found = 0;
	XRRMonitorInfo *all = g->randr && !g->dead ? XRRGetMonitors(g->dpy, g->root, True, &found) : NULL;
	for (int i = 0; all != NULL && i < found && *count < max; i++) {
		if (all[i].width <= 0 || all[i].height <= 0) continue;
		xs_monitor *m = &out[(*count)++];
		name_monitor(g, all[i].name, m);
		m->x = all[i].x, m->y = all[i].y, m->width = all[i].width, m->height = all[i].height;
		if (strncmp(m->name, "XWAYLAND", 8) == 0) return XS_WAYLAND; /* servers before 23.1 have no such extension */
	}
	if (all != NULL) XRRFreeMonitors(all);
	if (g->dead) return XS_GONE;
	if (*count > 0) return XS_OK;
	Window root;
	int x, y;
	unsigned width, height, border, depth;
	/* Not DisplayWidth: it stays what it was when the connection was opened. */
	if (!XGetGeometry(g->dpy, g->root, &root, &x, &y, &width, &height, &border, &depth)) return g->dead ? XS_GONE : XS_FAILED;
	out[0].width = width, out[0].height = height;
	*count = 1;
	return XS_OK;
}

/* over puts one premultiplied colour over another. */
static unsigned char over(unsigned src, unsigned dst, unsigned alpha) {
	unsigned v = src + (dst * (255 - alpha) + 127) / 255;
	return v > 255 ? 255 : v;
}

/* blend_cursor draws the mouse cursor into the picture whose corner is at x, y. */
static void blend_cursor(xs_grabber *g, int x, int y) {
	XFixesCursorImage *cursor = g->fixes ? XFixesGetCursorImage(g->dpy) : NULL;
	if (cursor == NULL) return;
	int left = cursor->x - cursor->xhot - x, top = cursor->y - cursor->yhot - y;
	for (int row = 0; row < cursor->height; row++) {
		int to_y = top + row;
		if (to_y < 0 || to_y >= g->image->height) continue;
		unsigned char *line = (unsigned char *)g->image->data + (size_t)to_y * g->image->bytes_per_line;
		for (int col = 0; col < cursor->width; col++) {
			int to_x = left + col;
			unsigned long argb = cursor->pixels[row * cursor->width + col];
			unsigned alpha = argb >> 24 & 255;
			if (to_x < 0 || to_x >= g->image->width || alpha == 0) continue;
			unsigned char *p = line + 4 * to_x;
			p[0] = over(argb & 255, p[0], alpha);
			p[1] = over(argb >> 8 & 255, p[1], alpha);
			p[2] = over(argb >> 16 & 255, p[2], alpha);
		}
	}
	XFree(cursor);
}

int xs_grab(xs_grabber *g, int x, int y, int width, int height, unsigned char **pixels, int *stride) {
	take_events(g);
	if (g->dead) return XS_GONE;
	if (g->changed) return XS_CHANGED;
	int result = need_image(g, width, height);
	if (result != XS_OK) return result;
	g->error = 0;
	int ok = g->shared ? XShmGetImage(g->dpy, g->root, g->image, x, y, AllPlanes)
	                   : XGetSubImage(g->dpy, g->root, x, y, width, height, AllPlanes, ZPixmap, g->image, 0, 0) != NULL;
	if (g->dead) return XS_GONE;
	if (!ok || g->error) {
		/* BadMatch: the rectangle is no longer inside the display. */
		if (g->error == BadMatch || g->error == 0) g->changed = 1;
		return g->changed ? XS_CHANGED : XS_FAILED;
	}
	blend_cursor(g, x, y);
	if (g->dead) return XS_GONE;
	*pixels = (unsigned char *)g->image->data;
	*stride = g->image->bytes_per_line;
	return XS_OK;
}

int xs_error(xs_grabber *g) {
	return g->error;
}

void xs_close(xs_grabber *g) {
	pthread_mutex_lock(&connecting);
	close_alone(g);
	pthread_mutex_unlock(&connecting);
}

static void close_alone(xs_grabber *g) {
	drop_image(g);
	/* errors stays in the list until the connection is gone: closing synchronizes, and what comes then is ours too. */
	XCloseDisplay(g->dpy);
	free(g);
}
