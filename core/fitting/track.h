// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Geometry>
#include <vector>

#include "fitting/fit_problem.h"
#include "fitting/initialiser.h"

namespace monodr {

/// One object in several pictures of a moving camera. A track of one picture is a fit like any other.
struct Track {
  std::vector<int64_t> rows;  ///< of the observations, in the order of time
  std::vector<double> times;  ///< seconds
  std::vector<Eigen::Isometry3d>
      camera_to_world;  ///< KITTI's rectified frame to a world that stands still
  /// The picture that the state is of: the one nearest to the middle whose box is at least half as large as the largest.
  size_t reference(const std::vector<Observation>& observations) const;
  double span() const { return times.back() - times.front(); }
};

/// TRACKS: size, shape, texture and motion of an object are one in all its pictures. A row is the state of the object in
/// the picture of reference and, behind it, the motion over the track's span T (first to last picture):
///
///     d  distance driven, metres, >= 0                    phi  angle turned, radians (of rotation_y)
///
/// The car drives where it points, on a circle (constant speed and turn rate): with s = (t - t_reference) / T, heading
/// theta_0 and f(theta) = (cos theta, 0, -sin theta), in the camera's frame of reference,
///
///     theta(s) = theta_0 + phi s,
///     p(s) = p_0 + d integral_0^s f(theta) = p_0 + d s sinc(phi s / 2) f(theta_0 + phi s / 2).
///
/// Camera poses take that to the frame of each picture; cameras are held to turn about the vertical there, which errs by
/// the square of a tilt. d = 0 is parked, phi = 0 straight. Nothing else says which of them it is, and nothing decides it:
/// a car cannot drive backwards and turns only as it drives, |phi| <= d / 5 m, so that what stands stays at d = 0 and what
/// moves has the heading of its track. (So one that backs out of its place is seen turned.)
///
/// The loss of a row is the mean over the object's pictures of what Objective says of each, weighted by the areas A of their
/// 2-D boxes, since a crop is as large whatever it shows and of a car that something hides all but a corner says little:
///     L(state) = sum_i A_i L_i(state in picture i) / sum_i A_i,
/// so that weights and temperatures mean what they mean with one picture.
class TrackViews : public FitProblem {
 public:
  static constexpr int64_t kMotion = 2;  ///< columns behind those of StateLayout: d, phi

  /// Each observation belongs to exactly one track.
  TrackViews(const ObservationBatch& batch,
             const Objective& objective,
             const std::vector<Observation>& observations,
             const std::vector<Track>& tracks);

  int64_t objects() const override { return count_.size(0); }
  int64_t object_of(int64_t row) const override { return track_of_[static_cast<size_t>(row)]; }
  ObjectiveValue evaluate(const at::Tensor& state,
                          const at::Tensor& object,
                          const at::Tensor& initial_texture,
                          double progress) const override;
  HypothesisBatch hypotheses(const at::Tensor& state, const at::Tensor& object) const override;
  ObjectiveValue in_each_picture(const at::Tensor& state,
                                 const at::Tensor& initial_texture) const override;
  int64_t renders(const at::Tensor& object) const override;
  at::Tensor learning_rates(const LearningRates& rates) const override;
  at::Tensor difference_steps() const override;
  void confine(at::Tensor& state) const override;

  /// States in single pictures [M, StateLayout::columns] from rows [M, with motion]; `view` [M] counts the tracks' pictures
  /// one track after the other. Differentiable.
  at::Tensor view_states(const at::Tensor& state, const at::Tensor& view) const;

 private:
  struct Expansion {
    at::Tensor row, view;  ///< [M]
  };
  Expansion all_views(const at::Tensor& object) const;

  std::vector<int64_t> track_of_;
  at::Tensor first_, count_, reference_;  ///< [T]: first view, views, observation of reference
  at::Tensor observation_, track_;        ///< [V]
  at::Tensor share_;                      ///< [V] of the track's loss
  at::Tensor rotation_, shift_;           ///< [V,3,3], [V,3]: from the reference's pinhole frame
  at::Tensor yaw_, moment_;               ///< [V]: of that rotation; s
};

/// Where the hypotheses of tracks start: `starts` are those of the single observations. Range and velocity come from a line
/// through the track's places, weighted by how well each is known: to the side, where the box says it, and along the ray,
/// where heights of boxes say how it changes and depth how far it is. Where that is more than noise (chi^2 of 2 degrees of
/// freedom above 6), the K headings are counted from the direction of the motion, and each starts with the part of the
/// speed that points its way; else all stand, at the headings that `starts` has.
Starts track_starts(const Starts& starts,
                    const std::vector<Observation>& observations,
                    const ObservationBatch& batch,
                    const std::vector<Track>& tracks,
                    const StateLayout& layout,
                    const FitSettings& settings);

}  // namespace monodr
