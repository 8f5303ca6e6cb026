/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MONODR_KERNELS_H_
#define MONODR_KERNELS_H_

#include <stdint.h>

/*
 * libmonodr_kernels: the loops of monodr, for any language that can call C. Two differentiable
 * rasterizers, overlaps of rotated boxes, rows times a matrix, KITTI's average precision.
 *
 * FRAME. KITTI's rectified camera: x right, y down, z forward, metres. A pinhole projects
 *     u = fx x / z + cx,   v = fy y / z + cy        pixels; pixel i has its centre at i + 0.5
 *
 * MEMORY. The caller's: nothing is kept after a call but scratch memory of each thread. An output
 * may be NULL where a function says so; it is then not computed.
 *
 * THREADS. Every function may be called by several threads at once. `threads` is how many one call
 * may use, the caller's among them (1 to 1024; rasterizers take OpenMP's). Results are the same bits
 * for any number, and an item of a batch is the same bits whatever stands beside it.
 *
 * ERRORS. Functions return a monodr_status. After an error the outputs hold anything, and
 * monodr_last_message() says what was wrong. Of several items at fault the first is named.
 */

#ifdef __cplusplus
extern "C" {
#endif

#define MONODR_KERNELS_API __attribute__((visibility("default")))

/* Goes up whenever a struct or a function below changes. */
#define MONODR_KERNELS_ABI 1
/* MONODR_KERNELS_ABI of the library that was loaded. */
MONODR_KERNELS_API int monodr_kernels_abi(void);

typedef enum monodr_status {
  MONODR_OK = 0,
  MONODR_NULL_POINTER = 1, /* a pointer that is needed is NULL */
  MONODR_BAD_SIZE = 2,     /* of an array, a stride, or the number of threads */
  MONODR_BAD_VALUE = 3,    /* a setting outside its range */
  MONODR_NOT_FINITE = 4,   /* an input is NaN or infinite where that has no meaning */
  MONODR_BAD_INDEX = 5,    /* an index names nothing */
  MONODR_OUT_OF_MEMORY = 6,
  MONODR_INTERNAL = 7 /* a fault of the library's own */
} monodr_status;

/* The message of the calling thread's last error, until its next; "" before the first. */
MONODR_KERNELS_API const char* monodr_last_message(void);

/*
 * A strided array: element (i, j, ...) lies at data + i stride[0] + j stride[1] + ..., counted in
 * elements, so that slices, transposes and expanded arrays (stride 0) need no copy by the caller.
 * Unused strides are not read. Strides may be negative. Elements of an output may not share memory.
 */
typedef struct monodr_array {
  void* data;
  int64_t stride[4];
} monodr_array;

/* ------------------------------------------------------------------------------- rasterizers */

enum { MONODR_FLOAT32 = 0, MONODR_FLOAT64 = 1 };

/* N meshes of V vertices and F faces. */
typedef struct monodr_meshes {
  int32_t type; /* MONODR_FLOAT32 or _FLOAT64: of all arrays of a call but those of integers */
  int64_t count, vertex_count, face_count; /* N, V, F */
  monodr_array vertices;                   /* [N,V,3] camera frame, metres; finite */
  monodr_array colours;                    /* [N,V,3] RGB or any three attributes; NULL: none */
  monodr_array intrinsics;                 /* [N,3,3] pixels; fx, fy, cx, cy are read, finite */
  /* [N,F,3] int64 vertices, counter-clockwise seen from outside; one with a negative index is
   * padding. stride[0] = 0: the same faces for all. */
  monodr_array faces;
} monodr_meshes;

/* What is rendered, or the gradient of a loss with respect to it; NULL: a channel not asked for. */
typedef struct monodr_images {
  monodr_array silhouette; /* [N,H,W] in [0,1] */
  monodr_array depth;      /* [N,H,W] metres; 0 where nothing shows */
  monodr_array colour;     /* [N,3,H,W]; needs colours */
} monodr_images;

/* The gradient of a loss with respect to the inputs, overwritten; each may be NULL. */
typedef struct monodr_mesh_gradients {
  monodr_array vertices;   /* [N,V,3] */
  monodr_array colours;    /* [N,V,3]; needs colours */
  monodr_array intrinsics; /* [N,3,3]; 0 but at fx, fy, cx, cy */
} monodr_mesh_gradients;

/*
 * SOFT RASTERIZER (Liu et al., Soft Rasterizer, ICCV 2019), for a pixel centre p and a triangle j:
 *   d_j   = squared distance of p to the triangle's border, px^2
 *   D_j   = sigmoid(+-d_j / sigma), + inside; a face counts where p is inside or
 *           d_j < squared_radius
 *   alpha = 1 - prod_j (1 - D_j)                                           the silhouette
 *   w_k   = barycentric coordinates of p, clipped to >= 0 and scaled to sum 1
 *   z_j   = 1 / sum_k (w_k / z_k),   c_j = z_j sum_k (w_k / z_k) c_k      (perspective-correct)
 *   e_j   = (far - z_j) / ((far - near) gamma),   e_b = eps / gamma       (b: black background)
 *   I     = sum_j D_j exp(e_j) c_j / (sum_j D_j exp(e_j) + exp(e_b)),  depth alike without b
 * With softmax = 0 colour and depth are those of the nearest triangle that covers p. Faces are cut
 * at the near plane. Gradients are exact but for the jumps where the nearest face changes.
 * float32 is explicit SIMD (AVX-512, AVX2, SSE4 or none, whatever the machine has); float64 is the
 * method one pixel and one face at a time, to check against.
 */
typedef struct monodr_soft_rasterizer {
  int32_t height, width;  /* H, W: 1 to 16384 */
  double sigma;           /* px^2 > 0, variance-like width of the silhouette's blur */
  double gamma;           /* > 0, softness of the softmax over normalised depth */
  double near, far;       /* metres, 0 < near < far */
  double squared_radius;  /* px^2 >= 0; log(1 / D - 1) sigma leaves out covers below D */
  int32_t cull_backfaces; /* leave out faces whose outer side looks away */
  int32_t softmax;        /* colour and depth by softmax; else of the nearest face only */
} monodr_soft_rasterizer;

/*
 * What backward needs of forward beside the images, contiguous: for depth or colour with softmax
 * `exponent` and `weight`, without it `nearest`. For a forward without backward they may be NULL.
 */
typedef struct monodr_soft_rasterizer_record {
  int32_t* nearest; /* [N,H,W] the nearest triangle as the library numbers them, -1 where none */
  void* exponent;   /* [N,H,W] the largest exponent */
  void* weight;     /* [N,H,W] sum of the faces' weights relative to it */
} monodr_soft_rasterizer_record;

/* Draws the channels of `images` that are not NULL; no channel's bits depend on the others, but
 * silhouettes beside softmax images may differ from those alone in the last bit. */
MONODR_KERNELS_API int monodr_soft_rasterizer_forward(const monodr_soft_rasterizer* settings,
                                                      const monodr_meshes* meshes,
                                                      const monodr_images* images,
                                                      const monodr_soft_rasterizer_record* record,
                                                      int threads);

/* `images` and `record` as forward left them (only channels with an incoming gradient are read). An
 * item whose incoming gradients are all zero costs nothing. */
MONODR_KERNELS_API int monodr_soft_rasterizer_backward(const monodr_soft_rasterizer* settings,
                                                       const monodr_meshes* meshes,
                                                       const monodr_images* images,
                                                       const monodr_soft_rasterizer_record* record,
                                                       const monodr_images* incoming,
                                                       const monodr_mesh_gradients* gradients,
                                                       int threads);

/* Flat shading: a face's colour is multiplied, channel by channel, by
 *     ambient ambient_colour + directional directional_colour max(0, n . direction)
 * with n the unit normal of the side that is seen, in the camera frame. */
typedef struct monodr_light {
  double ambient, directional;
  double ambient_colour[3], directional_colour[3];
  double direction[3]; /* unit vector towards the light */
} monodr_light;

/* Changes no colour. */
#define MONODR_NO_LIGHT           \
  {                               \
    1, 0, {1, 1, 1}, {1, 1, 1}, { \
      0, -1, 0                    \
    }                             \
  }

/*
 * NEURAL MESH RENDERER (Kato, Ushiku, Harada: Neural 3D Mesh Renderer, CVPR 2018). A pixel is the
 * average of samples x samples hard z-buffer samples, each showing the nearest face that covers it.
 * Depth is averaged over the samples that hit a face: the published code averages with the far
 * plane, which draws a rim of wrong depths around every object.
 * Backward: depth, vertex colours and light have their exact gradients on what is visible. The
 * position of a face's edges has the paper's approximate gradient, which replaces the jump of a
 * sample's value when an edge passes over it by a ramp. Vertex colours, interpolated
 * perspective-correctly, stand in for the paper's texture cubes.
 */
typedef struct monodr_neural_mesh_renderer {
  int32_t height, width; /* H, W: 1 to 16384, times samples too */
  int32_t samples;       /* S: a pixel is the average of S x S; 1 or more */
  int32_t fill_back;     /* draw faces seen from behind too */
  double near, far;      /* metres, 0 < near < far */
  double epsilon;        /* > 0, least displacement of the approximate gradient; the shorter side of
                          * the image is 2 */
  double background[3];  /* colour where nothing is hit */
  monodr_light light;
} monodr_neural_mesh_renderer;

/* `nearest` [N, H S, W S], contiguous: the triangle each sample shows, -1 where none; for backward,
 * or NULL. */
MONODR_KERNELS_API int monodr_neural_mesh_renderer_forward(
    const monodr_neural_mesh_renderer* settings,
    const monodr_meshes* meshes,
    const monodr_images* images,
    int32_t* nearest,
    int threads);

MONODR_KERNELS_API int monodr_neural_mesh_renderer_backward(
    const monodr_neural_mesh_renderer* settings,
    const monodr_meshes* meshes,
    const int32_t* nearest,
    const monodr_images* incoming,
    const monodr_mesh_gradients* gradients,
    int threads);

/* ---------------------------------------------------------------------------------- overlaps */

/*
 * An upright box as a line of a KITTI file gives it, 7 numbers:
 *     height width length  x y z  rotation_y
 * metres and radians; (x, y, z) is the centre of the BOTTOM face, rotation_y = 0 heads along +x.
 */
enum { MONODR_BOX_NUMBERS = 7 };

/* How two boxes overlap, exact to rounding, also for identical, touching, nested and sliver boxes.
 * Only the product of length and width counts for being a box: both negative is the same box turned
 * by pi (KITTI's tracking labels give DontCare regions -1000 x -1000 m, and the official kit takes
 * them at their word); a product that is not positive gives 0. NaN gives NaN or 0. */
typedef struct monodr_overlap {
  double footprint; /* m^2, area common to both in the ground plane (x, z) */
  double bev;       /* bird's-eye-view IoU: of the footprints */
  double volume;    /* volume IoU: footprint times common height */
} monodr_overlap;

MONODR_KERNELS_API int monodr_box_overlap(const double a[MONODR_BOX_NUMBERS],
                                          const double b[MONODR_BOX_NUMBERS],
                                          monodr_overlap* overlap);

/* All pairs of boxes a [A,7] and b [B,7], float64; outputs [A,B] float64, each may be NULL. */
MONODR_KERNELS_API int monodr_box_overlaps(int64_t count_a,
                                           const monodr_array* a,
                                           int64_t count_b,
                                           const monodr_array* b,
                                           const monodr_array* footprint,
                                           const monodr_array* bev,
                                           const monodr_array* volume,
                                           int threads);

/* IoU of two boxes on the image: left top right bottom, pixels, [left, right) x [top, bottom). */
MONODR_KERNELS_API int monodr_image_overlap(const double a[4], const double b[4], double* iou);

/* ------------------------------------------------------------------------ rows times a matrix */

/*
 * PRODUCTS whose bits are a matter of the row and the matrix alone:
 *     out[n,m] = start[m] + a[n,0] b[0,m] + a[n,1] b[1,m] + ...        added in this order
 * A general matrix product chooses its blocking, and with it the order of its sums, by the number of
 * rows: a row multiplied alone then differs in its last bits from the same row among others.
 *
 * a [N,K], b [K,M], start [M] or NULL for zeros, out [N,M], all of `type`.
 */
MONODR_KERNELS_API int monodr_row_products(int32_t type,
                                           int64_t rows,
                                           int64_t depth,
                                           int64_t columns,
                                           const monodr_array* a,
                                           const monodr_array* b,
                                           const monodr_array* start,
                                           const monodr_array* out,
                                           int threads);
/* The gradient with respect to a, out[n,k] = sum_m g[n,m] b[k,m], as independent of other rows:
 * g [N,M], b [K,M], out [N,K]. */
MONODR_KERNELS_API int monodr_row_products_backward(int32_t type,
                                                    int64_t rows,
                                                    int64_t depth,
                                                    int64_t columns,
                                                    const monodr_array* g,
                                                    const monodr_array* b,
                                                    const monodr_array* out,
                                                    int threads);

/* ----------------------------------------------------------------- KITTI's average precision */

/*
 * KITTI'S PROTOCOL (Geiger, Lenz, Urtasun, CVPR 2012; object development kit, evaluate_object), of
 * one class; equal to the kit to 1e-3 percent:
 *
 * - A label counts at a difficulty as monodr_kitti_counts() says. Labels of the class that do not
 *   count, and those of the neighbouring class (Van for Car, Person_sitting for Pedestrian), absorb
 *   a detection without gain or loss. Detections lower than the minimum height, of whatever class,
 *   do no harm; nor do those that lie in a DontCare region by more than the minimum overlap.
 * - A detection matches where the overlap EXCEEDS the minimum. Labels choose in the file's order:
 *   the highest score when the thresholds are found, the largest overlap when precision is.
 * - The true positives' scores are sampled at up to 41 thresholds, in steps of 1/40 of recall.
 *   Precision at a recall is the largest at that or any higher recall.
 * - AP11 is the mean of samples 0, 4, ..., 40; AP40 (KITTI since 2019) that of samples 1 to 40, in
 *   percent. One perfect detection already gives AP11 = 9.09.
 * - AOS weighs every true positive of the 2-D metric with (1 + cos(alpha error)) / 2.
 */
enum { MONODR_EASY = 0, MONODR_MODERATE = 1, MONODR_HARD = 2 };
enum { MONODR_IMAGE = 0, MONODR_GROUND = 1, MONODR_VOLUME = 2 }; /* 2-D, BEV, 3-D overlap */
enum { MONODR_RECALL_SAMPLES = 41, MONODR_KITTI_NUMBERS = 15 };

/* What an object is to the class that is evaluated. */
enum {
  MONODR_OTHER_CLASS = 0,
  MONODR_OF_CLASS = 1,
  MONODR_NEIGHBOUR = 2, /* of the neighbouring class; a detection is then of another class */
  MONODR_DONT_CARE = 3  /* a DontCare region; a detection is then of another class */
};

/*
 *                 2-D height   occlusion   truncation
 *     easy        > 40 px      0           <= 0.15
 *     moderate    > 25 px      <= 1        <= 0.30
 *     hard        > 25 px      <= 2        <= 0.50
 * Height is bottom - top of the file's numbers. may_equal: a label of exactly the minimum height
 * counts too, as in the kit of 2017 and evaluators derived from it; the official kit of today
 * leaves it out. 0 also for a difficulty that does not exist.
 */
MONODR_KERNELS_API int monodr_kitti_counts(
    int difficulty, int may_equal, double height, double occlusion, double truncation);
/* 40, 25, 25 pixels; 0 for a difficulty that does not exist. */
MONODR_KERNELS_API double monodr_kitti_minimum_height(int difficulty);

/* Labels or detections of all frames, frame after frame. */
typedef struct monodr_kitti_objects {
  const int64_t* first; /* [frames + 1] frame f has the objects first[f] to first[f + 1] - 1 */
  const int32_t* role;  /* [objects] MONODR_OF_CLASS, ... */
  /* [objects,15] float64, a line of a KITTI file after its class:
   *   truncation occlusion alpha  left top right bottom  height width length  x y z  rotation_y
   *   score (detections; not NaN; of labels it is not read) */
  monodr_array numbers;
} monodr_kitti_objects;

/* Frames prepared for one class: what overlaps what is computed once, and serves every difficulty,
 * threshold and minimum overlap from least_overlap [3] (image, ground, volume) on. */
typedef struct monodr_kitti_frames monodr_kitti_frames;
MONODR_KERNELS_API int monodr_kitti_frames_new(int64_t frame_count,
                                               const monodr_kitti_objects* labels,
                                               const monodr_kitti_objects* detections,
                                               const double least_overlap[3],
                                               int may_equal,
                                               int threads,
                                               monodr_kitti_frames** frames);
/* NULL is allowed. */
MONODR_KERNELS_API void monodr_kitti_frames_free(monodr_kitti_frames* frames);

/* A question and its answer: one curve over all frames, or over some, which may be chosen several
 * times (bootstrap) or come from two systems that stand one behind the other (permutation test). */
typedef struct monodr_kitti_curve {
  const monodr_kitti_frames* frames;
  const int64_t* chosen; /* [chosen_count] numbers of frames; NULL: all */
  int64_t chosen_count;
  int32_t overlap;        /* MONODR_IMAGE, ... */
  int32_t difficulty;     /* MONODR_EASY, ... */
  double minimum_overlap; /* at least the least_overlap of `frames` */
  /* The answer: at recall 0, 1/40, ..., 1, each the largest at that or any higher recall; 0 beyond
   * the recall that was reached. Similarity (for AOS) is 0 but for MONODR_IMAGE. */
  double precision[MONODR_RECALL_SAMPLES];
  double similarity[MONODR_RECALL_SAMPLES];
  int64_t labels; /* that count */
} monodr_kitti_curve;
MONODR_KERNELS_API int monodr_kitti_curves(monodr_kitti_curve* curves, int64_t count, int threads);

/* AP11 or AP40 of a curve's samples, percent. */
MONODR_KERNELS_API int monodr_kitti_average_precision(const double samples[MONODR_RECALL_SAMPLES],
                                                      int recall_positions,
                                                      double* percent);

/* The scores, highest first, at which recall comes nearest to 0, 1/40, 2/40, ... of `label_count`
 * labels; `scores` [count] are those of the true positives, count <= label_count. */
MONODR_KERNELS_API int monodr_kitti_recall_thresholds(const double* scores,
                                                      int64_t count,
                                                      int64_t label_count,
                                                      double thresholds[MONODR_RECALL_SAMPLES],
                                                      int* threshold_count);

#ifdef __cplusplus
}
#endif

#endif /* MONODR_KERNELS_H_ */
