// SPDX-License-Identifier: Apache-2.0
#include "runexp/json_schema.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "settings/sections.h"
#include "settings/slurm.h"

namespace monodr {
namespace {

using Json = nlohmann::ordered_json;

Json described(Json schema, const std::string& text) {
  schema["description"] = text;
  return schema;
}

Json table_of(Json properties, const std::string& text) {
  return {{"type", "object"},
          {"description", text},
          {"properties", std::move(properties)},
          {"additionalProperties", false}};
}

Json list_of(Json items) {
  return {{"type", "array"}, {"items", std::move(items)}};
}

Json integer_from_0() {
  return {{"type", "integer"}, {"minimum", 0}};
}

Json with_range(Json schema, const Parameter& parameter) {
  if (!std::isinf(parameter.minimum)) schema["minimum"] = parameter.minimum;
  if (!std::isinf(parameter.maximum)) schema["maximum"] = parameter.maximum;
  return schema;
}

Json type_of(const Parameter& parameter) {
  switch (parameter.type()) {
    case ParameterType::boolean:
      return {{"type", "boolean"}};
    case ParameterType::integer:
      return with_range({{"type", "integer"}}, parameter);
    case ParameterType::real:
      return with_range({{"type", "number"}}, parameter);
    case ParameterType::text:
      if (parameter.choices.empty()) return {{"type", "string"}};
      return {{"type", "string"}, {"enum", parameter.choices}};
    case ParameterType::real_list:
      return list_of(with_range({{"type", "number"}}, parameter));
    case ParameterType::text_list:
      return list_of({{"type", "string"}});
  }
  throw CheckFailure("unknown type of a parameter");
}

Json value_of(const Parameter& parameter) {
  Json schema = type_of(parameter);
  std::visit([&](const auto& value) { schema["default"] = value; }, parameter.default_value);
  const bool has_unit = !parameter.unit.empty() && parameter.unit != "1";
  schema["description"] = parameter.meaning + (has_unit ? " [" + parameter.unit + "]" : "");
  return schema;
}

Json properties_of(const ParameterSchema& parameters) {
  Json properties = Json::object();
  for (const Parameter& parameter : parameters) properties[parameter.name] = value_of(parameter);
  return properties;
}

std::vector<const PluginInfo*> plugins_of(const PluginCatalogue& catalogue,
                                          const std::string& kind) {
  std::vector<const PluginInfo*> plugins;
  for (const PluginInfo& plugin : catalogue.plugins)
    if (to_string(plugin.kind) == kind) plugins.push_back(&plugin);
  return plugins;
}

Json names_of(const std::vector<const PluginInfo*>& plugins) {
  Json names = Json::array();
  for (const PluginInfo* plugin : plugins) names.push_back(plugin->name);
  return names;
}

/// [renderer] with `plugin` limited to what there is, and a table for each plugin.
Json section_of(const Section& section, const PluginCatalogue& catalogue) {
  Json properties = properties_of(section.parameters);
  if (section.name == category_binding().name())  // the defaults are those of the category's file
    for (Json& property : properties) property.erase("default");
  const auto plugins = plugins_of(catalogue, section.name);
  if (!plugins.empty()) properties["plugin"]["enum"] = names_of(plugins);
  for (const PluginInfo* plugin : plugins)
    properties[plugin->name] = table_of(properties_of(plugin->parameters), plugin->description);
  return table_of(std::move(properties), section.meaning);
}

/// [loss.NAME]: the plugin of that name, or any name with plugin = "...".
Json losses(const PluginCatalogue& catalogue) {
  const auto plugins = plugins_of(catalogue, "loss");
  const Json plugin = {{"type", "string"},
                       {"enum", names_of(plugins)},
                       {"description", "loss plugin (default: the table's name)"}};
  const Json common = properties_of(loss_section_parameters());
  Json properties = Json::object();
  for (const PluginInfo* info : plugins) {
    Json own = common;
    own["plugin"] = plugin;
    own.update(properties_of(info->parameters));
    properties[info->name] = table_of(std::move(own), info->description);
  }
  Json any = common;
  any["plugin"] = plugin;
  return {{"type", "object"},
          {"description", "the objective: a weighted sum of losses"},
          {"properties", properties},
          {"additionalProperties",
           {{"type", "object"}, {"properties", any}, {"required", {"plugin"}}}}};
}

/// All that sets a value: dataset, shape_prior, ... and loss.
Json settings(const PluginCatalogue& catalogue) {
  Json tables = Json::object();
  for (const Section& section : core_sections())
    tables[section.name] = section_of(section, catalogue);
  tables["loss"] = losses(catalogue);
  return tables;
}

/// "fit.iterations" -> its schema, for every leaf.
void add_dotted_keys(const Json& tables, const std::string& prefix, Json& keys) {
  for (const auto& [name, schema] : tables.items()) {
    if (schema.value("type", "") == "object")
      add_dotted_keys(schema.value("properties", Json::object()), prefix + name + ".", keys);
    else
      keys[prefix + name] = schema;
  }
}

/// Tables and dotted keys side by side: what an arm sets.
Json changes(const Json& tables, const std::string& text) {
  Json keys = tables;
  add_dotted_keys(tables, "", keys);
  Json schema = table_of(std::move(keys), text);
  schema["patternProperties"] = {{"^loss\\.", Json::object()}};  // losses under another name
  return schema;
}

Json value_or_list(const Json& value) {
  return {{"anyOf", {value, list_of(value)}},
          {"description", value.value("description", std::string())}};
}

Json axes(const Json& tables) {
  Json keys = Json::object(), result = Json::object();
  add_dotted_keys(tables, "", keys);
  for (const auto& [name, schema] : keys.items()) result[name] = value_or_list(schema);
  // [sweep] fit.iterations = [..] without quotes is a table of axes; its keys are checked by
  // runexp.
  for (const auto& [name, schema] : tables.items()) result[name] = {{"type", "object"}};
  return result;
}

Json sweep(const Json& tables) {
  Json zip = table_of(axes(tables), "axes that go in step");
  zip["patternProperties"] = {{"^loss\\.", Json::object()}};
  Json pattern = changes(tables, "one cell, or those that fit");
  pattern["properties"]["arm"] = {{"type", "string"}};
  pattern["properties"]["seed"] = integer_from_0();
  Json properties = axes(tables);
  properties["seed"] = described(value_or_list(integer_from_0()), "seeds; one cell each");
  properties["zip"] = list_of(zip);
  properties["include"] = described(list_of(pattern), "cells added to the product of the axes");
  properties["exclude"] = described(list_of(pattern), "cells left out");
  Json schema = table_of(std::move(properties), "axes: every combination of their values is run");
  schema["patternProperties"] = {{"^loss\\.", Json::object()}};
  return schema;
}

Json arm(const Json& tables) {
  Json schema = table_of({{"name", {{"type", "string"}, {"description", "row of the table"}}},
                          {"set", changes(tables, "what sets this arm apart")}},
                         "one row of the ablation");
  schema["required"] = {"name"};
  return schema;
}

}  // namespace

std::string experiment_json_schema(const PluginCatalogue& catalogue) {
  const Json text = {{"type", "string"}};
  const Json tables = settings(catalogue);
  Json properties = {
      {"extends", described(list_of(text), "files that this one changes, relative to it")},
      {"experiment",
       table_of({{"name", described(text, "names the rows in the database (default: the file's)")},
                 {"question", described(text, "what the experiment answers")}},
                "what this is")},
      {"report",
       table_of(
           {{"metrics",
             described(list_of(text),
                       "columns of LaTeX tables: paths as --metric takes them, three to five")}},
           "what is printed")},
      {"plugins",
       table_of({{"path", described(list_of(text), "folders of plugins, relative to this file")}},
                "where plugins are looked for")},
      {"launcher",
       table_of({{"slurm",
                  table_of(properties_of(slurm_binding().schema()), slurm_binding().meaning())}},
                "where cells run; changes no cell")}};
  properties.update(tables);
  properties["arm"] = list_of(arm(tables));
  properties["sweep"] = sweep(tables);
  Json schema = table_of(std::move(properties), "an experiment of monodr");
  Json document = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                   {"title", "monodr experiment"}};
  document.update(schema);
  return document.dump(1);
}

}  // namespace monodr
