#ifndef PARLEY_XSHM_SHIM_H
#define PARLEY_XSHM_SHIM_H

enum xs_result {
	XS_OK = 0,
	XS_NO_DISPLAY, /* cannot connect */
	XS_GONE,       /* the connection broke */
	XS_CHANGED,    /* the monitors changed since xs_monitors */
	XS_FORMAT,     /* the display's pixels are not 32 bit BGRX */
	XS_WAYLAND,    /* the server is Xwayland: its root window has no picture */
	XS_MEMORY,     /* out of memory */
	XS_FAILED      /* the server refused; see xs_error */
};

typedef struct {
	char name[64];
	int x, y, width, height;
} xs_monitor;

typedef struct xs_grabber xs_grabber;

/* xs_open connects to a display; NULL is $DISPLAY. */
int xs_open(const char *display, xs_grabber **out);

/* xs_monitors writes at most max active monitors to out and their number to count. Without any, it writes the whole display,
 * with an empty name. */
int xs_monitors(xs_grabber *g, xs_monitor *out, int max, int *count);

/* xs_grab takes a picture. pixels stays valid until the next call with g. */
int xs_grab(xs_grabber *g, int x, int y, int width, int height, unsigned char **pixels, int *stride);

/* xs_error is the code of the last protocol error. */
int xs_error(xs_grabber *g);

/* xs_close disconnects and frees g. */
void xs_close(xs_grabber *g);

#endif
