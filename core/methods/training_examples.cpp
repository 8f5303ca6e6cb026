// SPDX-License-Identifier: Apache-2.0
#include "methods/training_examples.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <mutex>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "base/parallel.h"
#include "base/parameters_json.h"
#include "data/dataset_identity.h"
#include "data/synthetic_set.h"
#include "evidence/frame_source.h"
#include "geometry/overlap.h"
#include "geometry/rotation.h"
#include "methods/example_bytes.h"
#include "methods/training_group.h"

namespace monodr {
namespace {

constexpr double kSameObject = 0.5;  // overlap of the 2-D boxes

std::uint8_t as_byte(float value) {
  return static_cast<std::uint8_t>(std::lround(255 * std::clamp(value, 0.0F, 1.0F)));
}

std::vector<std::uint8_t> as_bytes(const std::vector<float>& values) {
  std::vector<std::uint8_t> bytes(values.size());
  std::transform(values.begin(), values.end(), bytes.begin(), as_byte);
  return bytes;
}

TrainingExample example_of(Observation observation) {
  TrainingExample example;
  example.image = as_bytes(observation.image);
  example.mask = as_bytes(observation.mask);
  example.known = as_bytes(observation.known);
  example.depth = std::move(observation.depth);
  observation.image.clear();
  observation.mask.clear();
  observation.known.clear();
  observation.image.shrink_to_fit();
  observation.mask.shrink_to_fit();
  observation.known.shrink_to_fit();
  example.about = std::move(observation);
  return example;
}

std::optional<KnownState> labelled_state(const Observation& observation,
                                         const std::vector<Annotation>& labels,
                                         const CategoryModel& category) {
  const Annotation* best = nullptr;
  double largest = kSameObject;
  for (const Annotation& label : labels) {
    if (!category.includes(label.category) || !label.has_box3d()) continue;
    const double overlap = intersection_over_union(label.box2d, observation.box);
    if (overlap < largest) continue;
    largest = overlap;
    best = &label;
  }
  if (best == nullptr) return std::nullopt;
  const Box3d& box = best->box3d;
  KnownState state;
  state.centre = box.location + observation.camera.offset;
  state.centre.y() -= box.height / 2;
  state.dimensions = {box.height, box.width, box.length};
  state.alpha = alpha_from_rotation_y(box.rotation_y, state.centre.x(), state.centre.z());
  return state;
}

/// The pictures of a smaller window, sampled from those of a larger one.
class Sampler {
 public:
  Sampler(const CropWindow& from, const CropWindow& to, bool mirrored)
      : from_(from), size_(static_cast<std::size_t>(to.size)) {
    for (std::size_t i = 0; i < size_; ++i) {
      const double step = (static_cast<double>(i) + 0.5) / to.scale();
      const double across = mirrored ? to.side - step : step;
      x_.push_back((to.left + across - from.left) * from.scale());
      y_.push_back((to.top + step - from.top) * from.scale());
    }
  }

  /// Linear between pixel centres.
  std::vector<float> smooth(const std::vector<std::uint8_t>& pictures, std::size_t planes) const {
    std::vector<float> result;
    result.reserve(planes * size_ * size_);
    for (std::size_t c = 0; c < planes; ++c)
      for (const double y : y_)
        for (const double x : x_) result.push_back(between(pictures, c, x - 0.5, y - 0.5) / 255);
    return result;
  }

  template <typename Value>
  std::vector<float> nearest(const std::vector<Value>& picture, float unit) const {
    std::vector<float> result;
    result.reserve(size_ * size_);
    for (const double y : y_)
      for (const double x : x_)
        result.push_back(static_cast<float>(picture[index(0, pixel(x), pixel(y))]) * unit);
    return result;
  }

 private:
  int pixel(double place) const {
    return std::clamp(static_cast<int>(std::floor(place)), 0, from_.size - 1);
  }
  std::size_t index(std::size_t plane, int x, int y) const {
    const auto side = static_cast<std::size_t>(from_.size);
    return (plane * side + static_cast<std::size_t>(y)) * side + static_cast<std::size_t>(x);
  }
  float between(const std::vector<std::uint8_t>& p, std::size_t c, double x, double y) const {
    const double left = std::floor(x), top = std::floor(y);
    const int x0 = pixel(left), x1 = pixel(left + 1), y0 = pixel(top), y1 = pixel(top + 1);
    const auto s = static_cast<float>(x - left), t = static_cast<float>(y - top);
    return (1 - t) * ((1 - s) * p[index(c, x0, y0)] + s * p[index(c, x1, y0)]) +
           t * ((1 - s) * p[index(c, x0, y1)] + s * p[index(c, x1, y1)]);
  }

  CropWindow from_;
  std::size_t size_;
  std::vector<double> x_, y_;  ///< in pixels of `from`, one a column and one a row
};

void mirror_camera(Observation& observation) {
  Camera& camera = observation.camera;
  const double width = camera.width;
  camera.intrinsics.cx = width - camera.intrinsics.cx;
  camera.offset.x() = -camera.offset.x();
  Box2d& box = observation.box;
  std::tie(box.left, box.right) = std::pair(width - box.right, width - box.left);
  observation.crop.left = width - observation.crop.left - observation.crop.side;
  std::swap(observation.free_sides[0], observation.free_sides[2]);
}

DatasetRequest request_of(const CellSettings& settings) {
  DatasetRequest request;
  static_cast<DatasetSettings&>(request) = settings.dataset;
  request.category_model = settings.category;
  request.image_size =
      static_cast<int>(std::lround(settings.renderer.image_size * TrainingExample::kRoom));
  request.crop_margin =
      settings.renderer.crop_margin * request.image_size / settings.renderer.image_size;
  request.objects = 0;
  request.frames_per_object = 1;
  request.frames_per_sequence = settings.train.views;
  request.minimum_height = settings.train.minimum_height;
  request.seed = settings.train.seed;
  return request;
}

}  // namespace

SynthesisOptions scenes_of(const TrainSettings& train) {
  SynthesisOptions scenes;
  scenes.objects = train.objects;
  scenes.seed = train.scene_seed;
  scenes.look = train.scene_look;
  scenes.frames_per_sequence = train.views;
  // A view has a pose of its own, so that cars may move: those that turn are seen from more sides.
  scenes.motion = SequenceMotion::mixed;
  return scenes;
}

Cut random_cut(const Randomisation& how, Random& random) {
  Cut cut;
  cut.zoom = random.uniform(1 - how.zoom, 1 + how.zoom);
  cut.shift_x = random.uniform(-how.shift, how.shift);
  cut.shift_y = random.uniform(-how.shift, how.shift);
  cut.mirrored = random.chance(how.mirror);
  return cut;
}

Observation cut(const TrainingExample& example, const Cut& how, int size) {
  Observation observation = example.about;
  const CropWindow& whole = example.about.crop;
  CropWindow window;
  window.size = size;
  window.side = how.zoom * whole.side / TrainingExample::kRoom;
  window.left =
      whole.left + whole.side * (0.5 + how.shift_x / TrainingExample::kRoom) - window.side / 2;
  window.top =
      whole.top + whole.side * (0.5 + how.shift_y / TrainingExample::kRoom) - window.side / 2;
  const Sampler sampler(whole, window, how.mirrored);
  observation.crop = window;
  observation.image = sampler.smooth(example.image, 3);
  observation.mask = sampler.smooth(example.mask, 1);
  observation.known = sampler.nearest(example.known, 1.0F / 255);
  observation.depth = sampler.nearest(example.depth, 1);
  if (how.mirrored) mirror_camera(observation);
  return observation;
}

KnownState mirrored(const KnownState& state) {
  KnownState other = state;
  other.centre.x() = -state.centre.x();
  other.alpha = M_PI - state.alpha;
  return other;
}

std::vector<DatasetRequest> training_requests(const CellSettings& settings,
                                              const std::string& cache) {
  std::vector<DatasetRequest> requests;
  if (settings.train.uses_made_up()) {
    DatasetRequest request = request_of(settings);
    request.source = DataSource::synthetic;
    request.root = synthetic_folder(cache, scenes_of(settings.train));
    request.split = "all";
    // A made-up scene has its own evidence, whatever the cells' frames have to do with.
    const DatasetSettings own;
    request.boxes = own.boxes;
    request.box_extent = own.box_extent;
    request.masks = own.masks;
    request.depth = own.depth;
    requests.push_back(std::move(request));
  }
  if (settings.train.uses_real()) {
    DatasetRequest request = request_of(settings);
    request.source = DataSource::kitti;
    request.root = settings.train.root;
    request.split = settings.train.split;
    if (!cache.empty()) request.mask_cache = cache + "/masks";
    requests.push_back(std::move(request));
  }
  return requests;
}

std::string training_fingerprint(const CellSettings& settings, const std::string& cache) {
  std::string fingerprint;
  if (settings.train.uses_made_up()) fingerprint = synthetic_fingerprint(scenes_of(settings.train));
  if (!settings.train.uses_real()) return fingerprint;
  DatasetSettings real = settings.dataset;
  real.source = DataSource::kitti;
  real.root = settings.train.root;
  real.split = settings.train.split;
  const auto table = dataset_binding().write(real);
  return fingerprint + DatasetIdentity(cache).of(
                           parameters_from_json(dataset_binding().schema(), table, "dataset"));
}

namespace {

std::vector<TrainingExample> examples_of_frame(const std::string& frame,
                                               const FrameSource& source,
                                               const DatasetRequest& request,
                                               bool with_labels) {
  ObservationSet set = load_observations_of({frame}, source, request);
  std::vector<Annotation> labels;
  if (with_labels)
    for (const FrameAnnotations& labelled : load_labels(source, {frame}, request.on_error))
      labels = labelled.objects;
  std::vector<TrainingExample> examples;
  for (std::size_t i = 0; i < set.observations.size(); ++i) {
    Observation& observation = set.observations[i];
    std::optional<KnownState> state;
    if (with_labels) state = labelled_state(observation, labels, request.category_model);
    if (with_labels && !state) continue;
    examples.push_back(example_of(std::move(observation)));
    examples.back().known_state = state;
    if (!set.sightings.empty()) examples.back().track = set.sightings[i].track;
  }
  return examples;
}

/// Some frames in a row of which each process of a group has read every size-th: now each has all.
void exchange(FramesExamples& frames, const TrainingGroup& group) {
  const auto rank = static_cast<std::size_t>(group.rank());
  const auto size = static_cast<std::size_t>(group.size());
  FramesExamples own;
  for (std::size_t f = rank; f < frames.size(); f += size) own.push_back(frames[f]);
  const std::vector<std::string> all = group.exchange(to_bytes(std::move(own)));
  for (std::size_t other = 0; other < size; ++other) {
    if (other == rank) continue;
    FramesExamples theirs = frames_examples_from_bytes(all[other]);
    for (std::size_t i = 0; i < theirs.size(); ++i)
      frames.at(other + i * size) = std::move(theirs[i]);
  }
}

}  // namespace

std::vector<TrainingExample> load_examples(const std::vector<DatasetRequest>& requests,
                                           bool with_labels,
                                           int threads,
                                           const std::function<void(double share)>& progress,
                                           const TrainingGroup* group) {
  constexpr std::size_t kAtOnce = 128;  // frames of a process, whose bytes are sent together
  const auto rank = static_cast<std::size_t>(group == nullptr ? 0 : group->rank());
  const auto size = static_cast<std::size_t>(group == nullptr ? 1 : group->size());
  std::vector<TrainingExample> examples;
  for (std::size_t r = 0; r < requests.size(); ++r) {
    const auto source = open_frame_source(requests[r]);
    const std::vector<std::string> frames = source->frames();
    std::mutex mutex;
    std::size_t done = 0;
    for (std::size_t begin = 0; begin < frames.size(); begin += kAtOnce * size) {
      FramesExamples found(std::min(frames.size() - begin, kAtOnce * size));
      const std::size_t own = (found.size() + size - 1 - rank) / size;
      parallel_for(own, threads, [&](std::size_t i) {
        const std::size_t f = rank + i * size;
        found[f] = examples_of_frame(frames[begin + f], *source, requests[r], with_labels);
        const std::lock_guard<std::mutex> lock(mutex);
        done = std::min(frames.size(), done + size);
        progress((static_cast<double>(r) +
                  static_cast<double>(done) / static_cast<double>(frames.size())) /
                 static_cast<double>(requests.size()));
      });
      if (group != nullptr) exchange(found, *group);
      for (std::vector<TrainingExample>& some : found)
        std::move(some.begin(), some.end(), std::back_inserter(examples));
    }
  }
  return examples;
}

}  // namespace monodr
