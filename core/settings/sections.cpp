// SPDX-License-Identifier: Apache-2.0
#include "settings/sections.h"

#include <nlohmann/json.hpp>

namespace monodr {
namespace {

template <typename Settings>
Section section_of(const Binding<Settings>& binding) {
  return {binding.name(), binding.meaning(), binding.schema(), [&binding](const Parameters& given) {
            return binding.idle(binding.read(given));
          }};
}

template <typename Settings>
Settings read(const Binding<Settings>& binding, const nlohmann::json& config) {
  return config.contains(binding.name()) ? binding.read(config.at(binding.name())) : Settings{};
}

}  // namespace

const std::vector<Section>& core_sections() {
  static const std::vector<Section> sections = {section_of(dataset_binding()),
                                                section_of(category_binding()),
                                                section_of(detector_binding()),
                                                section_of(depth_estimator_binding()),
                                                section_of(method_binding()),
                                                section_of(shape_prior_binding()),
                                                section_of(corpus_binding()),
                                                section_of(renderer_binding()),
                                                section_of(rule_binding()),
                                                section_of(fit_binding()),
                                                section_of(confidence_binding()),
                                                section_of(predictor_binding()),
                                                section_of(train_binding()),
                                                section_of(evaluation_binding())};
  return sections;
}

const ParameterSchema& loss_section_parameters() {
  static const ParameterSchema parameters = {
      {"weight", 1.0, "1", "factor of this loss in the objective; 0 switches it off", 0, 1e6}};
  return parameters;
}

CellSettings cell_settings(const nlohmann::json& config) {
  CellSettings settings;
  settings.dataset = read(dataset_binding(), config);
  settings.category = read(category_binding(), config);
  settings.detector = read(detector_binding(), config);
  settings.depth_estimator = read(depth_estimator_binding(), config);
  settings.method = read(method_binding(), config);
  settings.shape_prior = read(shape_prior_binding(), config);
  settings.corpus = read(corpus_binding(), config);
  settings.renderer = read(renderer_binding(), config);
  settings.rule = read(rule_binding(), config);
  settings.fit = read(fit_binding(), config);
  settings.fit.confidence = read(confidence_binding(), config);
  settings.fit.size_mean = settings.category.size_mean;
  settings.fit.size_deviation = settings.category.size_deviation;
  settings.predictor = read(predictor_binding(), config);
  settings.train = read(train_binding(), config);
  settings.evaluation = read(evaluation_binding(), config);
  return settings;
}

bool uses_seed(const DatasetSettings& dataset, const MethodSettings& method) {
  const bool observes = method.renders() || dataset.objects > 0;
  const bool draws = dataset.faults.draw_shapes() ||
                     (dataset.depth != DepthKind::none && dataset.faults.draw_depth());
  return observes && dataset.adds_faults() && draws;
}

}  // namespace monodr
