#include "shim.h"

#include <stdlib.h>
#include <string.h>
#include <vpx/vp8cx.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>
#include <vpx/vpx_encoder.h>

struct parley_encoder {
  vpx_codec_ctx_t ctx;
  vpx_codec_enc_cfg_t cfg;
};

struct parley_decoder {
  vpx_codec_ctx_t ctx;
};

static const char *set(parley_encoder *e, const parley_encoder_config *c) {
  int log2_partitions = 0;
  while ((1 << log2_partitions) < c->threads && log2_partitions < 3) log2_partitions++;
  if (vpx_codec_control(&e->ctx, VP8E_SET_CPUUSED, c->cpu_used) || vpx_codec_control(&e->ctx, VP8E_SET_NOISE_SENSITIVITY, 0) ||
      vpx_codec_control(&e->ctx, VP8E_SET_STATIC_THRESHOLD, c->screen ? 100 : 1) ||
      vpx_codec_control(&e->ctx, VP8E_SET_TOKEN_PARTITIONS, log2_partitions) ||
      vpx_codec_control(&e->ctx, VP8E_SET_MAX_INTRA_BITRATE_PCT, 900) ||
      vpx_codec_control(&e->ctx, VP8E_SET_SCREEN_CONTENT_MODE, c->screen ? 1 : 0))
    return "encoder control refused";
  return NULL;
}

const char *parley_encoder_new(parley_encoder **out, const parley_encoder_config *c) {
  parley_encoder *e = calloc(1, sizeof *e);
  if (!e) return "out of memory";
  vpx_codec_err_t err = vpx_codec_enc_config_default(vpx_codec_vp8_cx(), &e->cfg, 0);
  if (err) {
    free(e);
    return vpx_codec_err_to_string(err);
  }
  vpx_codec_enc_cfg_t *g = &e->cfg;
  g->g_w = c->width;
  g->g_h = c->height;
  g->g_timebase.num = 1;
  g->g_timebase.den = 90000;
  g->g_threads = c->threads;
  g->g_pass = VPX_RC_ONE_PASS;
  g->g_lag_in_frames = 0;
  g->g_error_resilient = VPX_ERROR_RESILIENT_DEFAULT;
  g->kf_mode = VPX_KF_DISABLED;
  g->rc_end_usage = VPX_CBR;
  g->rc_target_bitrate = c->kbps;
  g->rc_min_quantizer = c->screen ? 4 : 2;
  g->rc_max_quantizer = c->screen ? 63 : 56;
  g->rc_undershoot_pct = 100;
  g->rc_overshoot_pct = 15;
  g->rc_buf_initial_sz = 500;
  g->rc_buf_optimal_sz = 600;
  g->rc_buf_sz = 1000;
  g->rc_dropframe_thresh = 30;
  g->rc_resize_allowed = 0;
  err = vpx_codec_enc_init(&e->ctx, vpx_codec_vp8_cx(), g, 0);
  if (err) {
    free(e);
    return vpx_codec_err_to_string(err);
  }
  const char *problem = set(e, c);
  if (problem) {
    parley_encoder_free(e);
    return problem;
  }
  *out = e;
  return NULL;
}

const char *parley_encoder_rate(parley_encoder *e, int kbps) {
  e->cfg.rc_target_bitrate = kbps;
  vpx_codec_err_t err = vpx_codec_enc_config_set(&e->ctx, &e->cfg);
  return err ? vpx_codec_err_to_string(err) : NULL;
}

const char *parley_encode(parley_encoder *e, uint8_t *y, uint8_t *u, uint8_t *v, int stride_y, int stride_uv, int64_t pts,
                          unsigned long duration, int key, parley_packet *out) {
  vpx_image_t img;
  memset(&img, 0, sizeof img);
  img.fmt = VPX_IMG_FMT_I420;
  img.cs = VPX_CS_BT_601;
  img.range = VPX_CR_STUDIO_RANGE;
  img.bit_depth = 8;
  img.w = img.d_w = e->cfg.g_w;
  img.h = img.d_h = e->cfg.g_h;
  img.x_chroma_shift = img.y_chroma_shift = 1;
  img.bps = 12;
  img.planes[VPX_PLANE_Y] = y;
  img.planes[VPX_PLANE_U] = u;
  img.planes[VPX_PLANE_V] = v;
  img.stride[VPX_PLANE_Y] = stride_y;
  img.stride[VPX_PLANE_U] = img.stride[VPX_PLANE_V] = stride_uv;
  memset(out, 0, sizeof *out);
  vpx_codec_err_t err = vpx_codec_encode(&e->ctx, &img, pts, duration, key ? VPX_EFLAG_FORCE_KF : 0, VPX_DL_REALTIME);
  if (err) return vpx_codec_err_to_string(err);
  vpx_codec_iter_t iter = NULL;
  const vpx_codec_cx_pkt_t *pkt;
  while ((pkt = vpx_codec_get_cx_data(&e->ctx, &iter))) {
    if (pkt->kind != VPX_CODEC_CX_FRAME_PKT || out->data) continue;
    out->data = pkt->data.frame.buf;
    out->size = pkt->data.frame.sz;
    out->key = (pkt->data.frame.flags & VPX_FRAME_IS_KEY) != 0;
  }
  return NULL;
}

void parley_encoder_free(parley_encoder *e) {
  vpx_codec_destroy(&e->ctx);
  free(e);
}

const char *parley_decoder_new(parley_decoder **out, int threads) {
  parley_decoder *d = calloc(1, sizeof *d);
  if (!d) return "out of memory";
  vpx_codec_dec_cfg_t cfg = {.threads = threads};
  vpx_codec_err_t err = vpx_codec_dec_init(&d->ctx, vpx_codec_vp8_dx(), &cfg, 0);
  if (err) {
    free(d);
    return vpx_codec_err_to_string(err);
  }
  *out = d;
  return NULL;
}

const char *parley_decode(parley_decoder *d, const uint8_t *data, unsigned int size, parley_picture *out) {
  memset(out, 0, sizeof *out);
  vpx_codec_err_t err = vpx_codec_decode(&d->ctx, data, size, NULL, 0);
  if (err) return vpx_codec_err_to_string(err);
  vpx_codec_iter_t iter = NULL;
  vpx_image_t *img = vpx_codec_get_frame(&d->ctx, &iter);
  if (!img) return NULL;
  if (img->fmt != VPX_IMG_FMT_I420) return "not I420";
  out->y = img->planes[VPX_PLANE_Y];
  out->u = img->planes[VPX_PLANE_U];
  out->v = img->planes[VPX_PLANE_V];
  out->stride_y = img->stride[VPX_PLANE_Y];
  out->stride_u = img->stride[VPX_PLANE_U];
  out->stride_v = img->stride[VPX_PLANE_V];
  out->width = img->d_w;
  out->height = img->d_h;
  return NULL;
}

void parley_decoder_free(parley_decoder *d) {
  vpx_codec_destroy(&d->ctx);
  free(d);
}
