// SPDX-License-Identifier: Apache-2.0
#include "cell/shown_objects.h"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "base/error.h"
#include "cell/data_request.h"
#include "cell/hidden_sides.h"
#include "cell/networks.h"
#include "cell/refitted_meshes.h"
#include "evidence/frame_source.h"
#include "methods/method.h"

namespace monodr {
namespace {

using nlohmann::json;

/// The frames of the objects; where several frames tell of an object, all of their sequences, for its fit is one with theirs.
std::vector<std::string> frames_of(const std::vector<LabelledDetection>& objects,
                                   const FrameSource& source,
                                   const DatasetRequest& data) {
  std::set<std::string> frames, sequences;
  for (const LabelledDetection& object : objects) frames.insert(object.frame);
  if (!data.reads_sequences()) return {frames.begin(), frames.end()};
  const auto sequence_of = [&](const std::string& frame) {
    try {
      const std::optional<FrameMoment> moment = source.moment(frame);
      return moment ? moment->sequence : frame;
    } catch (const UserError&) {
      return frame;  // the cell has left it out, or whoever reads it says what is wrong with it
    }
  };
  for (const std::string& frame : frames) sequences.insert(sequence_of(frame));
  std::vector<std::string> all = source.frames();
  std::erase_if(all, [&](const auto& frame) { return sequences.count(sequence_of(frame)) == 0; });
  return all;
}

/// Of a detected object what it was fitted to, of a missed one what lies over its label.
const Observation* seen_of(const LabelledDetection& object, const ObservationSet& set) {
  constexpr double kSameBox = 0.5;  // intersection over union, as evaluation/errors.h
  const Box2d& box = object.detection ? object.detection->box2d : object.label.box2d;
  const Observation* best = nullptr;
  double best_overlap = object.detection ? 0 : kSameBox;
  for (const Observation& o : set.observations) {
    if (o.frame != object.frame || (object.detection && !may_come_from(o, box))) continue;
    const double overlap = intersection_over_union(o.box, box);
    if (overlap < best_overlap) continue;
    best = &o;
    best_overlap = overlap;
  }
  return best;
}

/// Keeps the observations that became a detection, and those that are fitted together with one.
void keep_detected(const std::vector<ShownObject>& shown,
                   const std::vector<LabelledDetection>& objects,
                   ObservationSet& set) {
  const auto is_detected = [&](const Observation& o) {
    for (size_t i = 0; i < objects.size(); ++i)
      if (objects[i].detection && shown[i].seen && shown[i].seen->frame == o.frame &&
          shown[i].seen->object == o.object)
        return true;
    return false;
  };
  std::set<std::pair<std::string, int>> tracks;
  for (size_t i = 0; i < set.sightings.size(); ++i)
    if (!set.sightings[i].track.empty() && is_detected(set.observations[i]))
      tracks.insert({set.sightings[i].track, set.sightings[i].block});
  const auto is_needed = [&](size_t i) {
    return is_detected(set.observations[i]) ||
           (!set.sightings.empty() &&
            tracks.count({set.sightings[i].track, set.sightings[i].block}) > 0);
  };
  size_t kept = 0;
  for (size_t i = 0; i < set.observations.size(); ++i) {
    if (!is_needed(i)) continue;
    set.whole_boxes[kept] = set.whole_boxes[i];
    if (!set.sightings.empty()) std::swap(set.sightings[kept], set.sightings[i]);
    std::swap(set.observations[kept++], set.observations[i]);
  }
  set.observations.resize(kept);
  set.whole_boxes.resize(kept);
  if (!set.sightings.empty()) set.sightings.resize(kept);
}

/// Detections as stored, with the meshes of a fit of the observations that were detected.
void add_fits(const Method& method,
              const ObservationSet& set,
              const std::vector<LabelledDetection>& objects,
              const CellProgress& progress,
              std::vector<ShownObject>& shown) {
  std::vector<FittedObject> fits;
  if (!set.observations.empty())
    fits = method.detect(set, [&](double share) { progress("fitting", share); }).objects;
  for (size_t i = 0; i < objects.size(); ++i) {
    if (!objects[i].detection) continue;
    const Annotation& stored = *objects[i].detection;
    FittedObject& shown_fit = shown[i].fit.emplace();
    shown_fit.box = stored.box3d;
    shown_fit.score = stored.score;
    const auto fit = std::find_if(fits.begin(), fits.end(), [&](const FittedObject& candidate) {
      return candidate.failure.empty() && shown[i].seen &&
             candidate.frame == shown[i].seen->frame && candidate.object == shown[i].seen->object;
    });
    if (fit != fits.end() && !difference(fit->box, stored.box3d).is_another_result())
      shown_fit.mesh = fit->mesh;
    else if (fit != fits.end())
      shown[i].note = "fitted again it comes out otherwise; the stored box is drawn";
  }
}

}  // namespace

std::vector<ShownObject> shown_objects(const CellOrder& order,
                                       const std::vector<LabelledDetection>& objects,
                                       const CellProgress& progress) {
  const json config = json::parse(order.record.config);
  const CellSettings settings = cell_settings(config);
  Registry registry(order.plugin_folders);
  progress("reading the data", 0);
  DatasetRequest data =
      data_request(settings, static_cast<std::uint64_t>(order.record.seed), order.cache);
  data.networks = networks_of(config, registry, order.cache);
  data.objects = 0;
  const auto source = open_frame_source(data);
  ObservationSet set;
  if (looks_at_observations(config))
    set = load_observations_of(frames_of(objects, *source, data), *source, data);

  std::vector<ShownObject> shown;
  for (const LabelledDetection& object : objects) {
    ShownObject& one = shown.emplace_back();
    one.frame = source->view(object.frame);
    if (const Observation* seen = seen_of(object, set)) one.seen = *seen;
    if (!one.seen && !object.detection && looks_at_observations(config))
      one.note = "the method was given nothing here";
  }
  keep_detected(shown, objects, set);
  add_fits(*make_method(config, registry, order.cache), set, objects, progress, shown);
  return shown;
}

}  // namespace monodr
