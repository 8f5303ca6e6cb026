// SPDX-License-Identifier: Apache-2.0
#include "fitting/track.h"

#include <gtest/gtest.h>

#include <cmath>

#include "fitting/box_prior.h"
#include "fitting/fit.h"
#include "fitting/heading_distribution.h"
#include "fitting/observation_batch.h"
#include "geometry/box.h"
#include "geometry/rotation.h"

namespace monodr {
namespace {

constexpr double kPeriod = 0.1;

class BlankRenderer : public Renderer {
 public:
  Rendering render(const RenderInput& input, const RenderRequest& request) const override {
    const at::Tensor blank = at::zeros({input.vertices.size(0), request.height, request.width});
    return {blank, blank, at::Tensor()};
  }
};

class MeanRule : public Rule {
 public:
  at::Tensor combine(const RuleInput& input) const override { return input.losses.mean(1); }
  at::Tensor reported(const at::Tensor& losses) const override { return losses.argmin(1); }
};

/// How far the box is from those that the pictures show, as a silhouette and a noisy depth know it: to the side and along
/// the ray, in shares of the range; of the heading only its axis.
class PlaceLoss : public Loss {
 public:
  explicit PlaceLoss(std::vector<Box3d> truth, const Eigen::Vector3d& offset) {
    std::vector<float> numbers;
    for (const Box3d& box : truth)
      for (const double v :
           {box.location.x() + offset.x(), box.location.z() + offset.z(), box.rotation_y})
        numbers.push_back(static_cast<float>(v));
    truth_ = at::tensor(numbers).view({-1, 3});
  }
  Channels needs() const override { return {}; }
  at::Tensor evaluate(const LossInput& input) const override {
    const HypothesisBatch& h = input.hypothesis;
    const at::Tensor own = truth_.index_select(0, h.object);
    const at::Tensor x = h.location.select(1, 0), z = h.location.select(1, 2);
    const at::Tensor side = x / z - own.select(1, 0) / own.select(1, 1);
    const at::Tensor range = (z / own.select(1, 1)).log();
    const at::Tensor axis = 0.5 - 0.5 * (2 * (h.rotation_y - own.select(1, 2))).cos();
    return 100 * side.square() + 20 * range.square() + 0.1 * axis;
  }

 private:
  at::Tensor truth_;
};

const Camera kCamera{{721.5, 721.5, 609.6, 172.9}, {0.06, 0, 0.003}, 1242, 375};

/// A car on its way, and a camera on its own, both worked out here.
struct Scene {
  double speed = 8, turn_rate = 0.4, heading = 0.3;
  double camera_speed = 6, camera_turn = -0.3;
  Eigen::Vector3d place{1, 1.6, 18};

  /// Small steps, so that no formula of the fit is repeated.
  Box3d car_at(double time) const {
    Box3d box;
    box.height = 1.5;
    box.width = 1.6;
    box.length = 4;
    box.location = place;
    box.rotation_y = heading;
    constexpr int kSteps = 20000;
    for (int i = 0; i < kSteps; ++i) {
      const double half = box.rotation_y + turn_rate * time / kSteps / 2;
      box.location += speed * time / kSteps * Eigen::Vector3d(std::cos(half), 0, -std::sin(half));
      box.rotation_y += turn_rate * time / kSteps;
    }
    return box;
  }
  Eigen::Isometry3d camera_at(double time) const {
    return Eigen::Translation3d(0.2 * time, 0, camera_speed * time) *
           Eigen::AngleAxisd(camera_turn * time, Eigen::Vector3d::UnitY());
  }
  /// The car in the frame of the camera of that moment.
  Box3d seen_at(double time) const {
    Box3d box = car_at(time);
    const Eigen::Isometry3d to_camera = camera_at(time).inverse();
    box.location = to_camera * box.location;
    box.rotation_y = wrap_angle(box.rotation_y - camera_turn * time);
    return box;
  }
};

Observation observation_of(const Box3d& box) {
  Observation o;
  Box2d around{1e9, 1e9, -1e9, -1e9};
  for (const Eigen::Vector3d& corner : box.corners()) {
    const Eigen::Vector2d p = kCamera.project(corner);
    around = {std::min(around.left, p.x()),
              std::min(around.top, p.y()),
              std::max(around.right, p.x()),
              std::max(around.bottom, p.y())};
  }
  o.box = around;
  o.camera = kCamera;
  o.crop = crop_around(o.box, 1.3, 16);
  o.image.assign(3 * 256, 0.4F);
  o.mask.assign(256, 1);
  o.known.assign(256, 1);
  o.depth.assign(256, static_cast<float>(box.location.z() - 1.2));
  return o;
}

struct Sequence {
  std::vector<Observation> observations;
  std::vector<Box3d> truth;
  std::vector<Track> tracks;

  void add(const Scene& scene, int frames) {
    Track track;
    for (int f = 0; f < frames; ++f) {
      const double time = (f - frames / 2) * kPeriod;
      truth.push_back(scene.seen_at(time));
      track.rows.push_back(static_cast<int64_t>(observations.size()));
      track.times.push_back(100 + time);
      track.camera_to_world.push_back(scene.camera_at(time));
      observations.push_back(observation_of(truth.back()));
    }
    tracks.push_back(track);
  }
};

FitSettings plain_settings() {
  FitSettings settings;
  settings.size_mean = {1.5, 1.6, 4};
  settings.size_deviation = {0.085, 0.055, 0.10};
  return settings;
}

Objective objective_of(const Sequence& sequence) {
  return {std::make_shared<BoxPrior>(),
          std::make_shared<BlankRenderer>(),
          {{"place", 1, std::make_shared<PlaceLoss>(sequence.truth, kCamera.offset)}}};
}

/// The state that is the truth in the picture of reference, with its motion.
at::Tensor true_state(const Scene& scene,
                      const Sequence& sequence,
                      size_t track,
                      const StateLayout& layout) {
  const Track& t = sequence.tracks[track];
  const auto row = static_cast<size_t>(t.rows[t.reference(sequence.observations)]);
  const Observation& o = sequence.observations[row];
  const Box3d& box = sequence.truth[row];
  Eigen::Vector3d centre = box.location + kCamera.offset;
  centre.y() -= box.height / 2;
  const Intrinsics k = o.crop.intrinsics(kCamera);
  const double half = o.crop.size / 2.0;
  std::vector<double> state(static_cast<size_t>(layout.columns() + TrackViews::kMotion), 0);
  state[0] = (k.fx * centre.x() / centre.z() + k.cx) / half - 1;
  state[1] = (k.fy * centre.y() / centre.z() + k.cy) / half - 1;
  state[StateLayout::kDepth] = std::log(centre.z());
  state[StateLayout::kHeading] = box.rotation_y - std::atan2(centre.x(), centre.z());
  state[static_cast<size_t>(layout.columns())] = scene.speed * t.span();
  state[static_cast<size_t>(layout.columns()) + 1] = scene.turn_rate * t.span();
  return at::tensor(state, at::kFloat).unsqueeze(0);
}

TEST(Track, OneStateIsTheCarInEachPicture) {
  Sequence sequence;
  Scene scene;
  sequence.add(scene, 1);
  sequence.add(scene, 5);
  const FitSettings settings = plain_settings();
  const ObservationBatch batch =
      make_observation_batch(sequence.observations, settings.size_mean, settings.size_deviation);
  const Objective objective = objective_of(sequence);
  const StateLayout layout = objective.layout();
  const TrackViews problem(batch, objective, sequence.observations, sequence.tracks);
  const at::Tensor state =
      at::cat({true_state(scene, sequence, 0, layout), true_state(scene, sequence, 1, layout)});
  const ObjectiveValue value =
      problem.in_each_picture(state, at::zeros({2, layout.texture_dimensions}));
  for (int64_t i = 0; i < 6; ++i) {
    const Box3d& truth = sequence.truth[static_cast<size_t>(i)];
    const at::Tensor place = value.hypothesis.location.select(0, i);
    for (int axis = 0; axis < 3; ++axis) {
      EXPECT_NEAR(
          place.select(0, axis).item<double>(), truth.location[axis] + kCamera.offset[axis], 2e-4)
          << "picture " << i;
    }
    EXPECT_LT(
        angle_difference(value.hypothesis.rotation_y.select(0, i).item<double>(), truth.rotation_y),
        1e-5);
  }
  EXPECT_LT(value.total.max().item<double>(), 1e-6);
}

TEST(Track, AStateOfOnePictureCostsWhatItCostsAlone) {
  Sequence sequence;
  sequence.add(Scene{}, 1);
  const FitSettings settings = plain_settings();
  const ObservationBatch batch =
      make_observation_batch(sequence.observations, settings.size_mean, settings.size_deviation);
  const Objective objective = objective_of(sequence);
  const at::Tensor object = at::zeros({1}, at::kLong);
  at::Tensor state = true_state(Scene{}, sequence, 0, objective.layout());
  state.select(1, StateLayout::kDepth).add_(0.1);
  const at::Tensor texture = at::zeros({1, objective.layout().texture_dimensions});
  const TrackViews tracks(batch, objective, sequence.observations, sequence.tracks);
  const SingleViews single(batch, objective);
  EXPECT_NEAR(tracks.evaluate(state, object, texture, 0).total.item<double>(),
              single.evaluate(state, object, texture, 0).total.item<double>(),
              1e-6);
}

TEST(Track, TheGradientIsThatOfDifferences) {
  Sequence sequence;
  Scene scene;
  sequence.add(scene, 5);
  const FitSettings settings = plain_settings();
  const ObservationBatch batch =
      make_observation_batch(sequence.observations, settings.size_mean, settings.size_deviation);
  const Objective objective = objective_of(sequence);
  const TrackViews problem(batch, objective, sequence.observations, sequence.tracks);
  const at::Tensor texture = at::zeros({1, objective.layout().texture_dimensions});
  const at::Tensor object = at::zeros({1}, at::kLong);
  const auto loss = [&](const at::Tensor& state) {
    return problem.evaluate(state, object, texture, 0).total.sum();
  };
  at::Tensor state = true_state(scene, sequence, 0, objective.layout()).clone();
  const int64_t motion = objective.layout().columns();
  state.select(1, motion).add_(1.5);
  state.select(1, motion + 1).add_(-0.1);
  state.select(1, StateLayout::kHeading).add_(0.2);
  at::Tensor leaf = state.clone().requires_grad_(true);
  loss(leaf).backward();
  for (const int64_t column : {int64_t(0),
                               int64_t(StateLayout::kDepth),
                               int64_t(StateLayout::kHeading),
                               motion,
                               motion + 1}) {
    constexpr double kStep = 0.01;
    at::Tensor up = state.clone(), down = state.clone();
    up.select(1, column).add_(kStep);
    down.select(1, column).sub_(kStep);
    const double slope = (loss(up) - loss(down)).item<double>() / (2 * kStep);
    EXPECT_NEAR(leaf.grad().select(1, column).item<double>(), slope, 0.02 * std::abs(slope) + 1e-3)
        << "column " << column;
  }
}

TEST(Track, WhatMovesHasTheHeadingOfItsTrack) {
  // No picture of its own tells front from back.
  Sequence sequence;
  std::vector<Scene> scenes;
  for (const double heading : {0.3, 2.0, -2.6, -1.2})
    for (const double speed : {5.0, 9.0}) {
      Scene scene;
      scene.heading = heading;
      scene.speed = speed;
      scene.turn_rate = 0.3 * heading / 2;
      scenes.push_back(scene);
      sequence.add(scene, 5);
    }
  const FitResult result = fit_tracks(sequence.observations,
                                      sequence.tracks,
                                      objective_of(sequence),
                                      MeanRule(),
                                      plain_settings(),
                                      HeadingInitialiser());
  ASSERT_EQ(result.objects.size(), sequence.observations.size());
  for (size_t i = 0; i < result.objects.size(); ++i) {
    EXPECT_EQ(result.objects[i].failure, "");
    EXPECT_LT(angle_difference(result.objects[i].box.rotation_y, sequence.truth[i].rotation_y), 0.3)
        << "picture " << i;
    EXPECT_NEAR(result.objects[i].box.location.z(), sequence.truth[i].location.z(), 0.5);
    ASSERT_FALSE(result.objects[i].modes.empty());
    EXPECT_LT((result.objects[i].modes[0].box.location - result.objects[i].box.location).norm(),
              1e-3);
  }
}

/// Says of each picture another heading.
class ToldInitialiser : public HeadingInitialiser {
 public:
  Starts start(const std::vector<Observation>& observations,
               const ObservationBatch& batch,
               const ShapePrior& prior,
               const StateLayout& layout,
               const FitSettings& settings) const override {
    Starts starts = HeadingInitialiser::start(observations, batch, prior, layout, settings);
    starts.heading = heading_target(at::arange(batch.count(), at::kFloat), 24).log();
    return starts;
  }
};

TEST(Track, EachPictureKeepsWhatIsSaidOfIt) {
  Sequence sequence;
  sequence.add(Scene{}, 3);
  FitSettings settings = plain_settings();
  settings.iterations = 2;
  const FitResult result = fit_tracks(sequence.observations,
                                      sequence.tracks,
                                      objective_of(sequence),
                                      MeanRule(),
                                      settings,
                                      ToldInitialiser());
  ASSERT_EQ(result.objects.size(), 3u);
  for (size_t i = 0; i < 3; ++i)
    EXPECT_GT(heading_support(result.objects[i].heading_distribution, static_cast<double>(i)), 0.99)
        << "picture " << i;
}

TEST(Track, DifferencesFindTheGradientOfTheMotionAsWell) {
  Sequence sequence;
  sequence.add(Scene{}, 5);
  const Objective objective = objective_of(sequence);
  const FitSettings settings = plain_settings();
  const ObservationBatch batch =
      make_observation_batch(sequence.observations, settings.size_mean, settings.size_deviation);
  const StateLayout layout = objective.layout();
  const Starts single =
      HeadingInitialiser().start(sequence.observations, batch, objective.prior(), layout, settings);
  const Starts starts =
      track_starts(single, sequence.observations, batch, sequence.tracks, layout, settings);
  const TrackViews problem(batch, objective, sequence.observations, sequence.tracks);
  const StateObjective evaluate = [&](const at::Tensor& state, const at::Tensor& rows) {
    return problem.evaluate(
        state, at::zeros_like(rows), at::zeros({state.size(0), layout.texture_dimensions}), 1);
  };
  const LossCombination sum = [](const at::Tensor& losses) { return losses; };
  at::Tensor state = starts.state.clone();
  state.select(1, layout.columns()).add_(0.7);
  state.select(1, layout.columns() + 1).add_(0.05);
  const at::Tensor exact = AutogradEstimator().estimate(state, evaluate, sum).gradient;
  const at::Tensor estimated =
      CentralDifferences(problem.difference_steps()).estimate(state, evaluate, sum).gradient;
  for (int64_t row = 0; row < state.size(0); ++row) {
    const at::Tensor product = (exact[row] * estimated[row]).sum();
    EXPECT_GT((product / (exact[row].norm() * estimated[row].norm())).item<double>(), 0.98);
    for (const int64_t column : {layout.columns(), layout.columns() + 1}) {
      const double slope = exact[row][column].item<double>();
      EXPECT_NEAR(estimated[row][column].item<double>(), slope, 0.05 * std::abs(slope) + 1e-2)
          << "row " << row << ", column " << column;
    }
  }
}

TEST(Track, AreFittedByDifferences) {
  Sequence sequence;
  sequence.add(Scene{}, 5);
  FitSettings settings = plain_settings();
  settings.gradient = GradientKind::central_differences;
  const FitResult result = fit_tracks(sequence.observations,
                                      sequence.tracks,
                                      objective_of(sequence),
                                      MeanRule(),
                                      settings,
                                      HeadingInitialiser());
  for (size_t i = 0; i < result.objects.size(); ++i) {
    EXPECT_EQ(result.objects[i].failure, "");
    EXPECT_LT(angle_difference(result.objects[i].box.rotation_y, sequence.truth[i].rotation_y), 0.1)
        << "picture " << i;
    EXPECT_NEAR(result.objects[i].box.location.z(), sequence.truth[i].location.z(), 0.5);
  }
}

TEST(Track, WhatStandsKeepsStanding) {
  Sequence sequence;
  Scene scene;
  scene.speed = scene.turn_rate = 0;
  sequence.add(scene, 5);
  const FitSettings settings = plain_settings();
  const ObservationBatch batch =
      make_observation_batch(sequence.observations, settings.size_mean, settings.size_deviation);
  const Objective objective = objective_of(sequence);
  const StateLayout layout = objective.layout();
  const Starts single =
      HeadingInitialiser().start(sequence.observations, batch, objective.prior(), layout, settings);
  const Starts starts =
      track_starts(single, sequence.observations, batch, sequence.tracks, layout, settings);
  EXPECT_EQ(starts.state.select(1, layout.columns()).abs().max().item<double>(), 0);
  const at::Tensor headings = starts.state.select(1, StateLayout::kHeading);
  EXPECT_NEAR(headings.select(0, 0).item<double>(), 22.5 * M_PI / 180, 1e-6);
  // What stands does not turn, and nothing drives backwards.
  TrackViews problem(batch, objective, sequence.observations, sequence.tracks);
  at::Tensor state = starts.state.clone();
  state.select(1, layout.columns()).fill_(-2);
  state.select(1, layout.columns() + 1).fill_(0.3);
  problem.confine(state);
  EXPECT_EQ(state.slice(1, layout.columns()).abs().max().item<double>(), 0);
}

TEST(Track, APictureCountsByWhatItShows) {
  // Of the middle picture all but a corner is hidden: it is no reference, and pulls little.
  Sequence sequence;
  sequence.add(Scene{}, 5);
  Observation& hidden = sequence.observations[2];
  hidden.box = {hidden.box.left, hidden.box.top, hidden.box.left + 3, hidden.box.top + 2};
  hidden.crop = crop_around(hidden.box, 1.3, 16);
  hidden.depth.assign(256, 40);
  const Track& track = sequence.tracks[0];
  EXPECT_EQ(track.reference(sequence.observations), 1u);
  sequence.truth[2].location.z() += 10;  // what is left to see misleads
  const FitResult result = fit_tracks(sequence.observations,
                                      sequence.tracks,
                                      objective_of(sequence),
                                      MeanRule(),
                                      plain_settings(),
                                      HeadingInitialiser());
  for (const size_t i : {0, 1, 3, 4}) {
    EXPECT_NEAR(result.objects[i].box.location.z(), sequence.truth[i].location.z(), 0.5);
  }
}

TEST(Track, AFitIsTheTracksOwnBitForBit) {
  Sequence all, one;
  Scene first, second;
  second.heading = -2;
  second.place = {-4, 1.6, 25};
  all.add(first, 3);
  all.add(second, 5);
  one.add(second, 5);
  const auto fitted = [](const Sequence& sequence) {
    return fit_tracks(sequence.observations,
                      sequence.tracks,
                      objective_of(sequence),
                      MeanRule(),
                      plain_settings(),
                      HeadingInitialiser())
        .objects;
  };
  const auto together = fitted(all), alone = fitted(one);
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(together[3 + i].box.location, alone[i].box.location);
    EXPECT_EQ(together[3 + i].box.rotation_y, alone[i].box.rotation_y);
    EXPECT_EQ(together[3 + i].loss, alone[i].loss);
  }
}

}  // namespace
}  // namespace monodr
