// SPDX-License-Identifier: Apache-2.0
#include "launch/orders.h"

#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json_reader.h"
#include "results/cell_result.h"

namespace monodr {
namespace {

// Ordered: a configuration must come back as the text that it was.
using json = nlohmann::ordered_json;

std::string dump(const json& document) {
  return document.dump(1, ' ', false, json::error_handler_t::replace);
}

std::string one_line(const json& document) {
  return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::vector<std::string> texts(const json& list) {
  return list.get<std::vector<std::string>>();
}

PluginRecord plugin_from(JsonReader& json) {
  PluginRecord plugin;
  for (json.begin_object(); json.next_member();) {
    if (json.key() == "kind")
      plugin.kind = json.string();
    else if (json.key() == "name")
      plugin.name = json.string();
    else if (json.key() == "version")
      plugin.version = json.string();
    else if (json.key() == "file_hash")
      plugin.file_hash = json.string();
    else
      json.skip();
  }
  return plugin;
}

}  // namespace

std::string to_json(const CellOrder& order) {
  const CellRecord& record = order.record;
  json plugins = json::array();
  for (const PluginRecord& plugin : record.plugins)
    plugins.push_back({{"kind", plugin.kind},
                       {"name", plugin.name},
                       {"version", plugin.version},
                       {"file_hash", plugin.file_hash}});
  std::string text = one_line({{"id", record.id},
                               {"experiment", record.experiment},
                               {"arm", record.arm},
                               {"arm_order", record.arm_order},
                               {"seed", record.seed},
                               {"axes", record.axes},
                               {"plugins", plugins},
                               {"code_hash", record.code_hash},
                               {"plugin_folders", order.plugin_folders},
                               {"cache", order.cache},
                               {"output", order.output},
                               {"pictures", order.pictures}});
  // The configuration as the text that it is: to read and write it again would take most of the time.
  text.back() = ',';
  return text + "\"config\":" + record.config + "}";
}

CellOrder cell_order_from_json(const std::string& text) {
  JsonReader json(text);
  CellOrder order;
  CellRecord& record = order.record;
  JsonMembers members("an order",
                      {"id",
                       "experiment",
                       "arm",
                       "arm_order",
                       "seed",
                       "axes",
                       "config",
                       "code_hash",
                       "plugins",
                       "plugin_folders",
                       "cache",
                       "output",
                       "pictures"});
  for (json.begin_object(); json.next_member();) {
    const std::string& key = json.key();
    members.note(key);
    if (key == "id")
      record.id = json.string();
    else if (key == "experiment")
      record.experiment = json.string();
    else if (key == "arm")
      record.arm = json.string();
    else if (key == "arm_order")
      record.arm_order = static_cast<int>(json.integer());
    else if (key == "seed")
      record.seed = json.integer();
    else if (key == "axes")
      for (json.begin_object(); json.next_member();) record.axes[json.key()] = json.string();
    else if (key == "config")
      record.config = json.skip();
    else if (key == "code_hash")
      record.code_hash = json.string();
    else if (key == "plugins")
      for (json.begin_array(); json.next_element();) record.plugins.push_back(plugin_from(json));
    else if (key == "plugin_folders")
      for (json.begin_array(); json.next_element();) order.plugin_folders.push_back(json.string());
    else if (key == "cache")
      order.cache = json.string();
    else if (key == "output")
      order.output = json.string();
    else if (key == "pictures")
      order.pictures = json.string();
    else
      json.skip();
  }
  json.end();
  members.require_all();
  return order;
}

std::string to_json(const PrepareOrder& order) {
  json check = json::array();
  for (const std::string& config : order.check) check.push_back(json::parse(config));
  return dump({{"config", json::parse(order.config)},
               {"check", check},
               {"plugin_folders", order.plugin_folders},
               {"cache", order.cache},
               {"only", order.only}});
}

PrepareOrder prepare_order_from_json(const std::string& text) {
  const json document = json::parse(text);
  PrepareOrder order;
  order.config = document.at("config").dump();
  for (const json& config : document.at("check")) order.check.push_back(config.dump());
  order.plugin_folders = texts(document.at("plugin_folders"));
  order.cache = document.at("cache");
  order.only = document.at("only");
  return order;
}

std::string to_json(const MeshesOrder& order) {
  CellResult stored;
  stored.detections = order.stored;
  return dump({{"cell", json::parse(to_json(order.cell))},
               {"stored", json::parse(to_json(stored))},
               {"title", order.title},
               {"format", order.format}});
}

MeshesOrder meshes_order_from_json(const std::string& text) {
  const json document = json::parse(text);
  MeshesOrder order;
  order.cell = cell_order_from_json(document.at("cell").dump());
  order.stored = cell_result_from_json(document.at("stored").dump()).detections;
  order.title = document.at("title");
  order.format = document.at("format");
  return order;
}

std::string to_json(const PicturesOrder& order) {
  CellResult objects;  // of each object its label and, behind it, its detection
  for (const LabelledDetection& object : order.objects) {
    objects.detections.push_back({object.frame, {object.label}});
    if (object.detection) objects.detections.back().objects.push_back(*object.detection);
  }
  return dump({{"cell", json::parse(to_json(order.cell))},
               {"objects", json::parse(to_json(objects))},
               {"size", order.size}});
}

PicturesOrder pictures_order_from_json(const std::string& text) {
  const json document = json::parse(text);
  PicturesOrder order;
  order.cell = cell_order_from_json(document.at("cell").dump());
  order.size = document.at("size");
  const CellResult objects = cell_result_from_json(document.at("objects").dump());
  for (const FrameAnnotations& object : objects.detections) {
    order.objects.push_back({object.frame, object.objects.at(0), {}});
    if (object.objects.size() > 1) order.objects.back().detection = object.objects[1];
  }
  return order;
}

std::string to_json(const SheetOrder& order) {
  return dump({{"config", json::parse(order.config)},
               {"seed", order.seed},
               {"plugin_folders", order.plugin_folders},
               {"cache", order.cache},
               {"frame", order.frame},
               {"object", order.object},
               {"label", order.label},
               {"drawing", order.drawing},
               {"width", order.width},
               {"has_title", order.has_title},
               {"title", order.title},
               {"output", order.output}});
}

SheetOrder sheet_order_from_json(const std::string& text) {
  const json document = json::parse(text);
  SheetOrder order;
  order.config = document.at("config").dump();
  order.seed = document.at("seed");
  order.plugin_folders = texts(document.at("plugin_folders"));
  order.cache = document.at("cache");
  order.frame = document.at("frame");
  order.object = document.at("object");
  order.label = document.at("label");
  order.drawing = document.at("drawing");
  order.width = document.at("width");
  order.has_title = document.at("has_title");
  order.title = document.at("title");
  order.output = document.at("output");
  return order;
}

std::string to_json(const DetectOrder& order) {
  return dump({{"config", json::parse(order.config)},
               {"plugin_folders", order.plugin_folders},
               {"cache", order.cache},
               {"output", order.output},
               {"offset", order.offset},
               {"meshes", order.meshes}});
}

DetectOrder detect_order_from_json(const std::string& text) {
  const json document = json::parse(text);
  DetectOrder order;
  order.config = document.at("config").dump();
  order.plugin_folders = texts(document.at("plugin_folders"));
  order.cache = document.at("cache");
  order.output = document.at("output");
  order.offset = document.at("offset").get<std::vector<double>>();
  order.meshes = document.at("meshes");
  return order;
}

}  // namespace monodr
