// SPDX-License-Identifier: Apache-2.0
// monodr-worker: the process that loads LibTorch. `runexp` starts it and talks to it in JSON lines:
//
//   monodr-worker describe FOLDER...  the plugins of the folders, as one JSON document
//   monodr-worker prepare FILE        checks configurations; makes the synthetic set and the prior
//   monodr-worker prepare FILE RANK SIZE HOST:PORT   the same of a predictor by SIZE processes, of which this is one
//   monodr-worker learn FILE          helps another to train a predictor
//   monodr-worker sheet FILE          fits one object and draws how it went
//   monodr-worker annotate FILE       writes what networks say of pictures in KITTI's layout
//   monodr-worker detect FILE         fits the objects of pictures and writes boxes, pictures, JSON
//   monodr-worker meshes FILE         runs a cell again and writes what it found as meshes
//   monodr-worker pictures FILE       draws objects of a cell for a report
//   monodr-worker run                 runs the cells whose files are named on stdin, one a line
//   monodr-worker run [options] FILE...  runs these cells, with nobody to talk to (launch/run_files.h)
//   monodr-worker check KIND NAME FOLDER...  the contract of one plugin
//   monodr-worker data|prior ...      subcommands of runexp that need pictures or tensors
#include <ATen/Parallel.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "base/library_errors.h"
#include "base/memory.h"
#include "base/program_files.h"
#include "base/text.h"
#include "cell/prepare.h"
#include "cell/provenance.h"
#include "cell/run_cell.h"
#include "cell/shown_objects.h"
#include "cell/training_helpers.h"
#include "cell/watch.h"
#include "launch/run_files.h"
#include "methods/method.h"
#include "methods/trained_predictor.h"
#include "pictures/overlay.h"
#include "worker/annotate.h"
#include "worker/detect.h"
#include "worker/meshes.h"
#include "worker/object_pictures.h"
#include "worker/sheet.h"
#include "worker/worker_commands.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Standard output as it was at the start. File descriptor 1 itself is pointed at stderr, so that
/// what a plugin or library prints lands in the log and never between the lines of the protocol.
class Channel {
 public:
  Channel() : file_(::fdopen(::dup(STDOUT_FILENO), "w")) { ::dup2(STDERR_FILENO, STDOUT_FILENO); }
  ~Channel() { std::fclose(file_); }
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  void send(const std::string& text) {
    std::fputs((text + "\n").c_str(), file_);
    std::fflush(file_);
  }
  void send(const json& line) { send(line.dump(-1, ' ', false, json::error_handler_t::replace)); }

 private:
  std::FILE* file_;
};

/// Lets a line of progress through at most every percent.
class Throttle {
 public:
  bool due(double share) {
    if (share < 1 && share - last_ < 0.01 && share >= last_) return false;
    last_ = share;
    return true;
  }

 private:
  double last_ = -1;
};

PrepareProgress progress_to(Channel& channel) {
  return [&channel, throttle = Throttle()](const std::string& what, double share) mutable {
    if (throttle.due(share)) channel.send(json{{"progress", share}, {"what", what}});
  };
}

PrepareNote notes_to(Channel& channel) {
  return [&channel](const std::string& text) { channel.send(json{{"note", text}}); };
}

int describe(const std::vector<std::string>& folders, Channel& channel) {
  PluginCatalogue catalogue = Registry(folders).catalogue();
  catalogue.code_hash = program_hash("/proc/self/exe");
  channel.send(to_json(catalogue));
  return 0;
}

int prepare_from_file(const std::string& path, Channel& channel, const Rendezvous& where) {
  const PrepareOrder order = prepare_order_from_json(read_file(path));
  const json config = json::parse(order.config);
  Registry registry(order.plugin_folders);
  const PrepareProgress progress = progress_to(channel);
  const PrepareNote note = notes_to(channel);
  for (const std::string& other : order.check) check_method(json::parse(other), registry);
  if (order.only == "prior")
    make_trained_prior(config, registry, order.cache, progress, note);
  else if (order.only == "predictor")
    prepare_predictor(config, registry, order.cache, progress, note, where);
  else if (order.only == "data")
    prepare_data(config, registry, order.cache, progress, note);
  else if (order.only == "training data")
    prepare_training_data(config, registry, order.cache, progress);
  else if (order.only.empty())
    prepare(config, registry, order.cache, progress, note);
  if (order.only == "check" || order.only.ends_with("data")) {
    channel.send(json{{"done", true}});
    return 0;
  }
  const bool has_prior = config.contains("shape_prior");
  const bool predicts = config.contains("predictor");
  channel.send(json{{"done", true},
                    {"prior", has_prior ? prior_path(config, registry, order.cache) : ""},
                    {"predictor", predicts ? predictor_path(config, registry, order.cache) : ""}});
  return 0;
}

int prepare_alone(const std::string& path, Channel& channel) {
  return prepare_from_file(path, channel, {});
}

/// What `prepare` does, by several processes that a cluster has started; the leader answers.
int prepare_together(const std::string& path, const Rendezvous& where, Channel& channel) {
  if (where.rank == 0) return prepare_from_file(path, channel, where);
  const PrepareOrder order = prepare_order_from_json(read_file(path));
  Registry registry(order.plugin_folders);
  help_train_predictor(json::parse(order.config), registry, order.cache, where);
  return 0;
}

int help_to_train(const std::string& path) {
  const LearnOrder order = learn_order_from_json(read_file(path));
  Registry registry(order.plugin_folders);
  try {
    help_train_predictor(json::parse(order.config), registry, order.cache, order.where);
  } catch (const LostProcess&) {
    return kLostTheOthers;
  }
  return 0;
}

int draw_sheet(const std::string& path, Channel& channel) {
  const SheetOrder order = sheet_order_from_json(read_file(path));
  const auto progress = progress_to(channel);
  const auto note = notes_to(channel);
  Registry registry(order.plugin_folders);
  check_object(order);
  prepare(json::parse(order.config), registry, order.cache, progress, note, DataCheck::none);
  const FitTrace trace = watch_fit(order, progress);
  FigureStyle style;
  if (order.width > 0) style.width = order.width;
  style.has_title = order.has_title;
  write_file_atomically(order.output,
                        order.drawing == "sheet" ? sheet_of(trace, order.title)
                                                 : draw(heading_landscape_figure(trace), style));
  channel.send(json{{"done", true}, {"lines", result_lines(trace)}});
  return 0;
}

int write_cell_meshes(const std::string& path, Channel& channel) {
  const MeshesOrder order = meshes_order_from_json(read_file(path));
  const auto progress = progress_to(channel);
  const auto note = notes_to(channel);
  const json config = json::parse(order.cell.record.config);
  Registry registry(order.cell.plugin_folders);
  prepare(config, registry, order.cell.cache, progress, note);
  const RefittedMeshes meshes = refitted_meshes(order.cell, order.stored, order.title, progress);
  write_meshes(meshes, order.format, order.cell.output);
  channel.send(json{{"done", true},
                    {"changed", meshes.changed},
                    {"location_moved", meshes.location_moved},
                    {"heading_moved", meshes.heading_moved}});
  return 0;
}

int annotate_pictures(const std::string& path, Channel& channel) {
  const auto progress = progress_to(channel);
  const DetectOrder order = detect_order_from_json(read_file(path));
  channel.send(json{{"done", true}, {"lines", write_annotations(order, progress)}});
  return 0;
}

int detect_objects(const std::string& path, Channel& channel) {
  const DetectOrder order = detect_order_from_json(read_file(path));
  const auto progress = progress_to(channel);
  const auto note = [](const std::string&) {};  // they are of labels and left-out frames
  Registry registry(order.plugin_folders);
  prepare(
      json::parse(order.config), registry, order.cache, progress, note, DataCheck::pictures_alone);
  channel.send(json{{"done", true}, {"lines", write_detections(order, progress)}});
  return 0;
}

int draw_pictures(const std::string& path, Channel& channel) {
  const PicturesOrder order = pictures_order_from_json(read_file(path));
  const auto progress = progress_to(channel);
  const auto note = notes_to(channel);
  Registry registry(order.cell.plugin_folders);
  prepare(json::parse(order.cell.record.config),
          registry,
          order.cell.cache,
          progress,
          note,
          DataCheck::none);
  const std::vector<ShownObject> shown = shown_objects(order.cell, order.objects, progress);
  json objects = json::array();
  for (size_t i = 0; i < shown.size(); ++i)
    objects.push_back(
        {{"note", shown[i].note},
         {"evidence",
          draw_object(
              shown[i], order.objects[i], order.size, order.cell.output, std::to_string(i))}});
  channel.send(json{{"done", true}, {"objects", objects}});
  return 0;
}

/// Draws the frames of a cell into its order's folder, as they come.
CellWishes overlays_of(const CellOrder& order) {
  if (order.pictures.empty()) return {};
  fs::create_directories(order.pictures);
  return {.picture = [folder = fs::path(order.pictures)](const FramePicture& picture) {
    std::vector<OverlayObject> objects;
    for (const FittedObject& fit : picture.objects)
      objects.push_back({fit.mesh, fit.box, fit.score});
    const FrameEvidence view = picture.view();
    write_overlay(view.image,
                  view.camera,
                  objects,
                  picture.labels,
                  (folder / (picture.frame + ".png")).string());
  }};
}

// Makes peak_memory_mb() that of what comes now, not of the largest cell that this process has run.
void forget_peak_memory() {
  std::ofstream("/proc/self/clear_refs") << "5";
}

double peak_memory_mb() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

// Whoever builds anew while a sweep runs must not get results under the name of the old code.
void require_planned_code(const CellOrder& order) {
  static const std::string program = program_hash("/proc/self/exe");
  std::vector<std::string> changed;
  if (order.record.code_hash != program) changed.push_back("the program");
  Registry registry(order.plugin_folders);
  for (const PluginRecord& plugin : order.record.plugins)
    if (const auto kind = plugin_kind_named(plugin.kind);
        !kind || registry.find(*kind, plugin.name).info.file_hash != plugin.file_hash)
      changed.push_back(plugin.kind + " " + plugin.name);
  if (!changed.empty())
    throw UserError(fmt::format("changed since the sweep was started: {}; start it again",
                                join(changed, ", ")));
}

/// A failed result where the cell failed. `progress` takes what it is at and the share done.
CellResult carry_out(const CellOrder& order,
                     const std::function<void(const std::string&, double)>& progress) {
  const auto start = std::chrono::steady_clock::now();
  forget_peak_memory();
  CellOutcome outcome;
  try {
    require_planned_code(order);
    outcome = run_cell(order, progress, overlays_of(order));
  } catch (const std::exception& error) {
    outcome.result = CellResult{};
    outcome.result.cell = order.record.id;
    outcome.result.state = "failed";
    outcome.result.message = error.what();
    outcome.result.provenance = process_provenance();
  }
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  outcome.result.seconds = elapsed.count();
  outcome.result.peak_memory_mb = peak_memory_mb();
  return outcome.result;
}

void run_told(const std::string& path, Channel& channel) {
  const CellOrder order = cell_order_from_json(read_file(path));
  const std::string& id = order.record.id;
  Throttle throttle;
  const CellResult result = carry_out(order, [&](const std::string& what, double share) {
    if (throttle.due(share)) channel.send(json{{"cell", id}, {"progress", share}, {"what", what}});
  });
  write_file_atomically(order.output, to_json(result));
  channel.send(json{{"cell", id}, {"state", result.state}, {"message", result.message}});
}

int run_cells(Channel& channel) {
  // First of all, so that it is known of a cell that crashes, too.
  channel.send(json{{"provenance", process_provenance()}});
  for (std::string path; std::getline(std::cin, path);)
    if (!path.empty()) run_told(path, channel);
  return 0;
}

int run_cells_of_files(const std::vector<std::string>& arguments) {
  return run_files(arguments, [](const CellOrder& order, const auto& progress) {
    return carry_out(order, [&](const std::string&, double share) { progress(share); });
  });
}

void set_threads() {
  const char* variable = std::getenv("MONODR_THREADS");
  if (variable != nullptr && std::atoi(variable) > 0) at::set_num_threads(std::atoi(variable));
}

using Words = std::vector<std::string>;

/// Those that a person or a cluster's job talks to, by the words behind their name.
const std::map<std::string, int (*)(const Words&)> plain_commands = {
    {"check", run_check}, {"data", run_data}, {"prior", run_prior_file}};

/// Those that take the file of an order and answer in JSON lines.
const std::map<std::string, int (*)(const std::string& file, Channel&)> order_commands = {
    {"annotate", annotate_pictures},
    {"detect", detect_objects},
    {"meshes", write_cell_meshes},
    {"pictures", draw_pictures},
    {"prepare", prepare_alone},
    {"sheet", draw_sheet}};

int dispatch(const Words& arguments) {
  if (arguments.empty()) throw UserError("monodr-worker is started by runexp; run 'runexp --help'");
  const std::string& name = arguments[0];
  const Words rest(arguments.begin() + 1, arguments.end());
  if (const auto command = plain_commands.find(name); command != plain_commands.end())
    return command->second(rest);
  if (name == "run" && !rest.empty()) return run_cells_of_files(rest);
  if (name == "learn" && rest.size() == 1) return help_to_train(rest[0]);

  Channel channel;
  try {
    if (name == "describe") return describe(rest, channel);
    if (name == "run") return run_cells(channel);
    if (name == "prepare" && rest.size() == 4)
      return prepare_together(
          rest[0], {std::atoi(rest[1].c_str()), std::atoi(rest[2].c_str()), rest[3]}, channel);
    if (const auto command = order_commands.find(name);
        command != order_commands.end() && rest.size() == 1)
      return command->second(rest[0], channel);
  } catch (const LostProcess& lost) {
    std::cerr << "error: " << lost.what() << '\n';
    return kLostTheOthers;
  } catch (const UserError& error) {
    channel.send(json{{"error", error.what()}});
    return 2;
  } catch (const std::exception& error) {
    const std::string fault = mendable_fault(error);
    if (fault.empty()) throw;
    channel.send(json{{"error", fault}});
    return 2;
  }
  throw UserError(fmt::format("monodr-worker has no command '{}'; run 'runexp --help'", name));
}

}  // namespace
}  // namespace monodr

int main(int count, char** values) {
  try {
    monodr::set_threads();
    monodr::keep_freed_memory();
    return monodr::dispatch({values + 1, values + count});
  } catch (const monodr::UserError& error) {
    std::cerr << "error: " << error.what() << '\n';
    return 2;
  } catch (const std::exception& error) {
    if (const std::string fault = monodr::mendable_fault(error); !fault.empty()) {
      std::cerr << "error: " << fault << '\n';
      return 2;
    }
    std::cerr << "internal error: " << error.what() << '\n';
    return 1;
  }
}
