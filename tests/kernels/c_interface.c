/* SPDX-License-Identifier: Apache-2.0 */
/* monodr_kernels.h in plain C: it compiles, and every function does what a C program expects. */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "kernels/monodr_kernels.h"

#define REQUIRE(condition) \
  if (!(condition)) return __LINE__

enum { SIZE = 16, PIXELS = SIZE * SIZE, VERTICES = 3 };

static monodr_array dense(void* data, int64_t rows, int64_t columns) {
  const monodr_array array = {data, {rows * columns, columns, 1, 0}};
  return array;
}

/* One triangle that covers the middle of the image, 4 m ahead. */
static float vertices[VERTICES * 3] = {-1, 1, 4, 1, 1, 4, 0, -1, 4};
static float colours[VERTICES * 3] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
static float intrinsics[9] = {20, 0, 8, 0, 20, 8, 0, 0, 1};
static int64_t faces[3] = {0, 1, 2};
static float silhouette[PIXELS], depth[PIXELS], colour[3 * PIXELS], ones[3 * PIXELS];
static float to_vertices[VERTICES * 3], to_colours[VERTICES * 3], to_intrinsics[9];

static monodr_meshes meshes(void) {
  monodr_meshes one = {MONODR_FLOAT32, 1, VERTICES, 1, {0}, {0}, {0}, {0}};
  one.vertices = dense(vertices, VERTICES, 3);
  one.colours = dense(colours, VERTICES, 3);
  one.intrinsics = dense(intrinsics, 3, 3);
  one.faces = dense(faces, 1, 3);
  return one;
}

static monodr_images images_at(float* s, float* d, float* c) {
  const monodr_array rgb = {c, {3 * PIXELS, PIXELS, SIZE, 1}};
  const monodr_images images = {dense(s, SIZE, SIZE), dense(d, SIZE, SIZE), rgb};
  return images;
}

static int images_are_right(void) {
  const int middle = SIZE / 2 * SIZE + SIZE / 2;
  REQUIRE(silhouette[middle] > 0.99F && silhouette[0] < 0.01F);
  REQUIRE(fabsf(depth[middle] - 4) < 1e-4F && depth[0] == 0);
  const float sum = colour[middle] + colour[PIXELS + middle] + colour[2 * PIXELS + middle];
  REQUIRE(fabsf(sum - 1) < 1e-4F);
  return 0;
}

static int gradients_are_right(void) {
  float of_colours = 0;
  for (int i = 0; i < VERTICES * 3; ++i) of_colours += to_colours[i];
  REQUIRE(of_colours > 1);       /* each covered pixel hands out 1 a channel */
  REQUIRE(to_intrinsics[0] > 0); /* a longer focal length enlarges the image */
  REQUIRE(to_vertices[5] < 0);   /* what comes nearer is larger */
  return 0;
}

static int rasterize_softly(void) {
  monodr_soft_rasterizer settings = {SIZE, SIZE, 0.2, 1e-4, 0.5, 100, 2, 0, 0};
  const monodr_meshes one = meshes();
  const monodr_images images = images_at(silhouette, depth, colour);
  const monodr_images incoming = images_at(ones, NULL, ones);
  const monodr_mesh_gradients to = {
      dense(to_vertices, VERTICES, 3), dense(to_colours, VERTICES, 3), dense(to_intrinsics, 3, 3)};
  static int32_t nearest[PIXELS];
  static float exponent[PIXELS], weight[PIXELS];
  const monodr_soft_rasterizer_record record = {nearest, exponent, weight};
  for (settings.softmax = 0; settings.softmax < 2; ++settings.softmax) {
    REQUIRE(monodr_soft_rasterizer_forward(&settings, &one, &images, &record, 1) == MONODR_OK);
    REQUIRE(images_are_right() == 0);
    REQUIRE(monodr_soft_rasterizer_backward(&settings, &one, &images, &record, &incoming, &to, 1) ==
            MONODR_OK);
    REQUIRE(gradients_are_right() == 0);
  }
  return 0;
}

static int render_with_edge_gradients(void) {
  const monodr_neural_mesh_renderer settings = {
      SIZE, SIZE, 2, 1, 0.5, 100, 1e-3, {0, 0, 0}, MONODR_NO_LIGHT};
  const monodr_meshes one = meshes();
  const monodr_images images = images_at(silhouette, depth, colour);
  const monodr_images incoming = images_at(ones, NULL, ones);
  const monodr_mesh_gradients to = {
      dense(to_vertices, VERTICES, 3), dense(to_colours, VERTICES, 3), dense(to_intrinsics, 3, 3)};
  static int32_t nearest[4 * PIXELS];
  REQUIRE(monodr_neural_mesh_renderer_forward(&settings, &one, &images, nearest, 1) == MONODR_OK);
  REQUIRE(images_are_right() == 0);
  for (int i = 0; i < PIXELS; ++i)
    ones[i] = -1; /* the approximate gradient answers falling losses */
  const int status =
      monodr_neural_mesh_renderer_backward(&settings, &one, nearest, &incoming, &to, 1);
  for (int i = 0; i < PIXELS; ++i) ones[i] = 1;
  REQUIRE(status == MONODR_OK);
  REQUIRE(to_intrinsics[0] < 0);
  return 0;
}

static int overlap_boxes(void) {
  double boxes[2][MONODR_BOX_NUMBERS] = {{1.5, 1.6, 4, 0, 1.6, 20, 0},
                                         {1.5, 1.6, 4, 2, 1.6, 20, 0}};
  monodr_overlap overlap;
  REQUIRE(monodr_box_overlap(boxes[0], boxes[1], &overlap) == MONODR_OK);
  REQUIRE(fabs(overlap.footprint - 3.2) < 1e-12 && fabs(overlap.bev - 1.0 / 3) < 1e-12);
  REQUIRE(fabs(overlap.volume - 1.0 / 3) < 1e-12);
  double bev[2][2];
  const monodr_array both = {boxes, {MONODR_BOX_NUMBERS, 1, 0, 0}}, to = {bev, {2, 1, 0, 0}};
  REQUIRE(monodr_box_overlaps(2, &both, 2, &both, NULL, &to, NULL, 1) == MONODR_OK);
  REQUIRE(bev[0][0] == 1 && bev[0][1] == overlap.bev && bev[1][0] == overlap.bev);
  const double a[4] = {0, 0, 2, 2}, b[4] = {1, 0, 3, 2};
  double iou;
  REQUIRE(monodr_image_overlap(a, b, &iou) == MONODR_OK && fabs(iou - 1.0 / 3) < 1e-12);
  return 0;
}

static int multiply(void) {
  double row[2] = {1, 2}, matrix[2][2] = {{3, 4}, {5, 6}}, start[2] = {1, 0}, product[2], back[2];
  const monodr_array a = {row, {2, 1, 0, 0}}, b = {matrix, {2, 1, 0, 0}}, c = {start, {1, 0, 0, 0}},
                     out = {product, {2, 1, 0, 0}}, to_a = {back, {2, 1, 0, 0}};
  REQUIRE(monodr_row_products(MONODR_FLOAT64, 1, 2, 2, &a, &b, &c, &out, 1) == MONODR_OK);
  REQUIRE(product[0] == 14 && product[1] == 16);
  REQUIRE(monodr_row_products_backward(MONODR_FLOAT64, 1, 2, 2, &out, &b, &to_a, 1) == MONODR_OK);
  REQUIRE(back[0] == 14 * 3 + 16 * 4 && back[1] == 14 * 5 + 16 * 6);
  return 0;
}

/* One car, detected perfectly. */
static int evaluate(void) {
  double line[MONODR_KITTI_NUMBERS] = {
      0, 0, 0.1, 100, 100, 200, 180, 1.5, 1.6, 4, 0, 1.6, 20, 0, 1};
  const int64_t first[2] = {0, 1};
  const int32_t role = MONODR_OF_CLASS;
  const monodr_kitti_objects car = {first, &role, {line, {MONODR_KITTI_NUMBERS, 1, 0, 0}}};
  const double least[3] = {0.7, 0.7, 0.7};
  monodr_kitti_frames* frames = NULL;
  REQUIRE(monodr_kitti_frames_new(1, &car, &car, least, 0, 1, &frames) == MONODR_OK);
  monodr_kitti_curve curve;
  memset(&curve, 0, sizeof curve);
  curve.frames = frames;
  curve.overlap = MONODR_VOLUME;
  curve.difficulty = MONODR_EASY;
  curve.minimum_overlap = 0.7;
  const int status = monodr_kitti_curves(&curve, 1, 1);
  monodr_kitti_frames_free(frames);
  monodr_kitti_frames_free(NULL);
  REQUIRE(status == MONODR_OK && curve.labels == 1 && curve.precision[0] == 1);
  double percent, thresholds[MONODR_RECALL_SAMPLES];
  int count;
  REQUIRE(monodr_kitti_average_precision(curve.precision, 11, &percent) == MONODR_OK);
  REQUIRE(fabs(percent - 100.0 / 11) < 1e-12);
  REQUIRE(monodr_kitti_recall_thresholds(line + 14, 1, 1, thresholds, &count) == MONODR_OK);
  REQUIRE(count == 1 && thresholds[0] == 1);
  REQUIRE(monodr_kitti_minimum_height(MONODR_EASY) == 40 && monodr_kitti_minimum_height(3) == 0);
  REQUIRE(monodr_kitti_counts(MONODR_EASY, 1, 40, 0, 0) == 1);
  REQUIRE(monodr_kitti_counts(MONODR_EASY, 0, 40, 0, 0) == 0);
  REQUIRE(monodr_kitti_counts(-1, 0, 100, 0, 0) == 0);
  return 0;
}

/* 0, or the line that failed. */
int call_every_function(void) {
  REQUIRE(monodr_kernels_abi() == MONODR_KERNELS_ABI);
  REQUIRE(strcmp(monodr_last_message(), "") == 0);
  for (int i = 0; i < 3 * PIXELS; ++i) ones[i] = 1;
  int line = rasterize_softly();
  if (line == 0) line = render_with_edge_gradients();
  if (line == 0) line = overlap_boxes();
  if (line == 0) line = multiply();
  if (line == 0) line = evaluate();
  return line;
}
