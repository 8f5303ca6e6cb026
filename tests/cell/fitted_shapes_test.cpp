// SPDX-License-Identifier: Apache-2.0
#include "cell/fitted_shapes.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "plugin/decoded_mesh.h"
#include "scratch_folder.h"

namespace monodr {
namespace {

/// An octahedron whose code bends its tips to and fro inside the unit box, so that it is known how
/// two shapes agree: code 0 is upright, 0.5 leans to the corner of the box.
class LeaningPrior final : public ShapePrior {
 public:
  int shape_dimensions() const override { return 1; }
  int texture_dimensions() const override { return 3; }
  DecodedShape decode(const at::Tensor& shape_code, const at::Tensor& texture_code) const override {
    const int64_t count = shape_code.size(0);
    at::Tensor vertices = at::zeros({count, 6, 3});
    for (int axis = 0; axis < 3; ++axis) {
      vertices.select(1, 2 * axis).select(1, axis).fill_(-0.5);
      vertices.select(1, 2 * axis + 1).select(1, axis).fill_(0.5);
    }
    for (const int tip : {2, 3})
      vertices.select(1, tip).select(1, 0).copy_(shape_code.select(1, 0));
    DecodedShape shape;
    shape.vertices = vertices;
    shape.faces =
        at::tensor({0, 2, 4, 2, 1, 4, 1, 3, 4, 3, 0, 4, 2, 0, 5, 1, 2, 5, 3, 1, 5, 0, 3, 5},
                   at::kLong)
            .view({8, 3});
    const Mesh mesh = mesh_of({vertices.narrow(0, 0, 1), shape.faces, vertices.narrow(0, 0, 1)}, 0);
    if (signed_volume(mesh) < 0) shape.faces = shape.faces.flip(1);
    shape.colours = texture_code.unsqueeze(1).expand({count, 6, 3});
    return shape;
  }
  at::Tensor log_prior(const at::Tensor& shape_code, const at::Tensor&) const override {
    return -0.5 * shape_code.square().sum(1);
  }
  at::Tensor texture_from_paint(const at::Tensor& paint) const override { return paint; }
  void train(const std::vector<CorpusItem>&, const TrainingRun&) override {}
  TensorTable state() const override { return {}; }
  void restore(const TensorTable&) override {}

  Mesh shape(float code) const {
    return mesh_of(decode(at::full({1, 1}, code), at::zeros({1, 3})), 0);
  }
};

Annotation car(double left, double height = 60) {
  Annotation label;
  label.category = "Car";
  label.box2d = {left, 100, left + 80, 100 + height};
  label.box3d.location = {left / 50, 1.6, 20};
  label.box3d.height = 1.5;
  label.box3d.width = 1.6;
  label.box3d.length = 4;
  label.score = 1;
  return label;
}

class FittedShapesOf : public testing::Test {
 protected:
  FittedShapesOf() {
    folder_.write("training/image_2/000007.png", "");
    std::filesystem::create_directories(folder_ / "training/meshes");
    for (int i = 0; i < 4; ++i)
      write_obj(prior_.shape(0), folder_ / fmt::format("training/meshes/000007_{}.obj", i));
  }

  /// A fit of that shape, in the place of the label.
  void add(const Annotation& label, float code, const std::string& failure = "") {
    FittedObject fit;
    fit.frame = "000007";
    fit.shape_code = {code};
    fit.failure = failure;
    fits_.push_back(fit);
    if (failure.empty()) detections_[0].objects.push_back(label);
  }

  FittedShapes measure(Difficulty difficulty = Difficulty::moderate) const {
    return fitted_shapes(folder_.path(), labels_, detections_, fits_, prior_, car_, difficulty);
  }

  LeaningPrior prior_;
  CategoryModel car_{.name = "Car", .size_mean = {1.5, 1.6, 3.9}};
  ScratchFolder folder_;
  std::vector<FrameAnnotations> labels_{{"000007", {}}}, detections_{{"000007", {}}};
  std::vector<FittedObject> fits_;
};

TEST_F(FittedShapesOf, TheTrueShapeAgreeWhollyWhateverItsPoseAndSize) {
  labels_[0].objects = {car(100)};
  Annotation elsewhere = car(104);
  elsewhere.box3d.rotation_y = 2;
  elsewhere.box3d.length = 9;
  add(elsewhere, 0);
  const FittedShapes shapes = measure();
  EXPECT_EQ(shapes.objects, 1);
  EXPECT_EQ(shapes.mean.iou, 1);
  EXPECT_LT(shapes.mean.chamfer, 0.004) << "no more than two samplings of one surface differ";
}

TEST_F(FittedShapesOf, EachLabelIsComparedWithTheFitThatTookIt) {
  labels_[0].objects = {car(100), car(400), car(700), car(900)};
  write_obj(prior_.shape(0.5F), folder_ / "training/meshes/000007_2.obj");
  // In another order, with a failed one between them, and the second label missed.
  add(car(700), 0.5F);
  add(car(400), 0, "no hypothesis stayed finite");
  add(car(900), 0);
  add(car(100), 0);
  const FittedShapes right = measure();
  EXPECT_EQ(right.objects, 3);
  EXPECT_EQ(right.mean.iou, 1);
  fits_[0].shape_code = {0};
  const ShapeAgreement wrong =
      shape_agreement(prior_.shape(0), prior_.shape(0.5F), length_shares(car_.size_mean));
  EXPECT_LT(wrong.iou, 0.7);
  EXPECT_NEAR(measure().mean.iou, (2 + wrong.iou) / 3, 1e-9);
  EXPECT_NEAR(measure().mean.chamfer,
              right.mean.chamfer + (wrong.chamfer - shape_agreement(prior_.shape(0.5F),
                                                                    prior_.shape(0.5F),
                                                                    length_shares(car_.size_mean))
                                                        .chamfer) /
                                       3,
              1e-9);
}

TEST_F(FittedShapesOf, LabelsTooHardToCountDoNot) {
  labels_[0].objects = {car(100), car(400)};
  labels_[0].objects[1].occlusion = 2;
  add(car(100), 0);
  add(car(400), 0.5F);
  EXPECT_EQ(measure().objects, 1);
  EXPECT_EQ(measure().mean.iou, 1);
  EXPECT_EQ(measure(Difficulty::hard).objects, 2);
  EXPECT_LT(measure(Difficulty::hard).mean.iou, 0.9);
}

TEST_F(FittedShapesOf, NothingIsNotANumber) {
  labels_[0].objects = {car(100)};
  EXPECT_EQ(measure().objects, 0);
  EXPECT_TRUE(std::isnan(measure().mean.iou));
  EXPECT_TRUE(std::isnan(measure().mean.chamfer));
}

TEST_F(FittedShapesOf, AFolderWithoutTrueShapesIsRefused) {
  EXPECT_NO_THROW(check_true_shapes(folder_.path()));
  std::filesystem::remove_all(folder_ / "training/meshes");
  expect_says(message_of<UserError>([&] { check_true_shapes(folder_.path()); }),
              {"fitted_shapes", "training/meshes", "false"});
}

}  // namespace
}  // namespace monodr
