// SPDX-License-Identifier: Apache-2.0
#include "cell/detect.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "cell/data_request.h"
#include "cell/hidden_sides.h"
#include "cell/networks.h"
#include "evidence/network_evidence.h"
#include "evidence/observation_reader.h"
#include "fitting/final_state.h"
#include "fitting/fit.h"
#include "fitting/observation_batch.h"
#include "methods/predictor_method.h"

namespace monodr {
namespace {

using nlohmann::json;

void fit_frame(const StartedFit& method,
               const std::vector<Observation>& observations,
               DetectedFrame& frame) {
  if (observations.empty()) return;
  const FitPipeline& pipeline = method.pipeline;
  const Objective objective = pipeline.objective();
  FinalState last;
  FitResult fit = fit_objects(observations,
                              objective,
                              *pipeline.rule,
                              pipeline.settings,
                              *method.initialiser,
                              {},
                              record_final_state(last, pipeline.settings.iterations));
  ObservationBatch batch = make_observation_batch(
      observations, pipeline.settings.size_mean, pipeline.settings.size_deviation);
  batch.coordinates = fit.coordinates;
  const std::vector<PoseDeviation> deviations =
      pose_deviations(objective,
                      batch,
                      last.state,
                      last.initial_texture,
                      fit.objects,
                      pipeline.settings.heading_temperature);
  for (size_t i = 0; i < fit.objects.size(); ++i) {
    FittedObject& object = fit.objects[i];
    if (!object.failure.empty()) {
      frame.left_out.push_back({object.frame, object.object, object.failure});
      continue;
    }
    frame.objects.push_back(std::move(object));
    frame.deviations.push_back(deviations[i]);
  }
}

}  // namespace

std::vector<std::string> detect(const DetectOrder& order,
                                const CellProgress& progress,
                                const std::function<void(const DetectedFrame&)>& use) {
  const json config = json::parse(order.config);
  Registry registry(order.plugin_folders);
  const CellSettings settings = cell_settings(config);
  DatasetRequest data = data_request(settings, 0, order.cache);
  data.networks = networks_of(config, registry, order.cache);
  const auto source = open_frame_source(data);
  const std::vector<std::string> ids = source->frames();
  const StartedFit method = make_started_fit(config, registry, order.cache);
  ObservationSet all;
  for (size_t i = 0; i < ids.size(); ++i) {
    progress("detecting", double(i) / double(ids.size()));
    ObservationReader one(*source, data, {ids[i]});
    ObservationSet set = one.next(std::numeric_limits<size_t>::max());
    DetectedFrame frame;
    frame.view = one.picture();
    frame.left_out = set.skipped_objects;
    fit_frame(method, set.observations, frame);
    add_hidden_sides(set, frame.objects);
    if (set.skipped_frames.empty()) use(frame);
    for (const Skipped& skipped : set.skipped_frames)
      all.notes.push_back(fmt::format("{} left out: {}", skipped.frame, skipped.reason));
    one.finish(set);
    add_without_observations(all, std::move(set));
  }
  progress("detecting", 1);
  if (!method.note.empty()) all.notes.push_back(method.note);
  return all.notes;
}

}  // namespace monodr
