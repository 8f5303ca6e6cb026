// SPDX-License-Identifier: Apache-2.0
#include "synthetic/synthetic.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <filesystem>
#include <mutex>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "base/text.h"
#include "data/kitti_label.h"
#include "geometry/rotation.h"
#include "synthetic/scene.h"
#include "synthetic/scene_renderer.h"
#include "synthetic/sequence.h"
#include "synthetic/sequence_files.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

std::vector<Annotation> annotations(const Scene& scene) {
  const std::vector<double> hidden = hidden_shares(scene);
  std::vector<Annotation> result;
  for (size_t i = 0; i < scene.cars.size(); ++i) {
    const SceneCar& car = scene.cars[i];
    const Box2d amodal = amodal_box(car, scene.camera);
    Annotation label;
    label.category = "Car";
    label.truncation = truncation(amodal, scene.camera);
    label.occlusion = hidden[i] <= .05 ? 0 : hidden[i] <= .5 ? 1 : 2;
    label.alpha =
        alpha_from_rotation_y(car.box.rotation_y, car.box.location.x(), car.box.location.z());
    label.box2d = amodal.clipped_to(scene.camera.width, scene.camera.height);
    label.box3d = car.box;
    result.push_back(label);
  }
  return result;
}

void write_frame(const fs::path& training, const std::string& frame, const Scene& scene) {
  const RenderedScene rendered = render_scene(scene);
  Plane<std::uint16_t> depth(rendered.depth.width, rendered.depth.height);
  std::transform(rendered.depth.values.begin(),
                 rendered.depth.values.end(),
                 depth.values.begin(),
                 [](float metres) {
                   return static_cast<std::uint16_t>(std::min(65535.f, metres * 256 + .5f));
                 });
  save_png(training / "image_2" / (frame + ".png"), rendered.image);
  save_png(training / "instance_2" / (frame + ".png"), rendered.instances);
  save_png(training / "depth_2" / (frame + ".png"), depth);
  write_file_atomically(training / "calib" / (frame + ".txt"), kitti_calibration_text());
  write_file_atomically(training / "label_2" / (frame + ".txt"),
                        format_kitti_labels(annotations(scene)));
  for (size_t i = 0; i < scene.cars.size(); ++i) {
    Mesh mesh = scene.cars[i].surface.mesh;
    normalise_to_unit_box(mesh);
    write_obj(mesh, training / "meshes" / fmt::format("{}_{}.obj", frame, i));
  }
}

// Calls work(0..count-1) on several threads; the first exception is passed on when all are done.
void in_parallel(int count, int threads, const std::function<void(int)>& work) {
  std::atomic<int> next = 0;
  std::exception_ptr failure;
  std::mutex failure_mutex;
  const auto run = [&] {
    for (int i; (i = next++) < count;) try {
        work(i);
      } catch (...) {
        const std::lock_guard lock(failure_mutex);
        if (!failure) failure = std::current_exception();
        next = count;
      }
  };
  std::vector<std::thread> others;
  for (int t = 1; t < std::min(threads, count); ++t) others.emplace_back(run);
  run();
  for (std::thread& thread : others) thread.join();
  if (failure) std::rethrow_exception(failure);
}

/// What is written as a whole: a picture of its own, or a sequence.
struct Take {
  std::vector<SequenceFrame> frames;

  int cars() const {
    int count = 0;
    for (const SequenceFrame& frame : frames) count += static_cast<int>(frame.scene.cars.size());
    return count;
  }
};

Take random_take(const SynthesisOptions& options, int index) {
  if (options.frames_per_sequence > 1)
    return {random_sequence(options.seed, index, options.frames_per_sequence, options.motion)};
  Take take;
  take.frames.emplace_back();
  take.frames[0].scene = random_scene(options.seed, index, options.look);
  return take;
}

void write_take(const SynthesisOptions& options,
                const fs::path& folder,
                int index,
                const Take& take,
                const std::vector<std::string>& ids) {
  if (options.layout == SceneLayout::raw)
    return write_raw_drive(folder, sequence_name(index), take.frames);
  const fs::path training = folder / "training";
  for (size_t f = 0; f < take.frames.size(); ++f) {
    write_frame(training, ids[f], take.frames[f].scene);
    if (options.frames_per_sequence > 1)
      write_moment(training, ids[f], sequence_name(index), take.frames[f]);
  }
}

// Writes take after take into `folder`, in blocks, because only a made scene tells how many cars
// it holds; returns the frames' ids.
std::vector<std::string> write_frames(const SynthesisOptions& options,
                                      const fs::path& folder,
                                      const std::function<void(double)>& progress) {
  constexpr int block_size = 16;
  const int threads =
      options.threads > 0 ? options.threads : std::max(1u, std::thread::hardware_concurrency());
  const int each = options.frames_per_sequence;
  const int most = (options.frames + each - 1) / each;  // takes; 0 = as many as it needs
  std::vector<std::string> frames;
  std::mutex progress_mutex;
  int cars = 0, takes_done = 0;
  bool complete = false;
  for (int first = 0; !complete;) {
    const int wanted = most > 0 ? std::min(block_size, most - first) : block_size;
    std::vector<Take> takes(wanted);
    in_parallel(wanted, threads, [&](int i) { takes[i] = random_take(options, first + i); });
    int used = 0;
    const int cars_before = cars;
    while (used < wanted && (options.objects <= 0 || cars < options.objects))
      cars += takes[used++].cars();
    complete =
        (options.objects > 0 && cars >= options.objects) || (most > 0 && first + used >= most);
    const size_t frames_before = frames.size();
    for (int i = 0; i < used * each; ++i) frames.push_back(fmt::format("{:06d}", first * each + i));
    in_parallel(used, threads, [&](int i) {
      const auto begin = frames.begin() + static_cast<std::ptrdiff_t>(frames_before) + i * each;
      write_take(options, folder, first + i, takes[i], {begin, begin + each});
      const std::lock_guard lock(progress_mutex);
      ++takes_done;
      double share = most > 0 ? static_cast<double>(takes_done) / most : 0;
      if (options.objects > 0) {
        const double block = static_cast<double>(takes_done - first) / used;
        share = std::max(share, (cars_before + block * (cars - cars_before)) / options.objects);
      }
      if (progress) progress(std::min(1.0, share));
    });
    first += used;
  }
  return frames;
}

void make_folders(const SynthesisOptions& options, const fs::path& folder) {
  if (options.layout == SceneLayout::raw) {
    fs::create_directories(folder);
    return write_raw_calibration(folder);
  }
  for (const char* kind : {"image_2", "calib", "label_2", "instance_2", "depth_2", "meshes"})
    fs::create_directories(folder / "training" / kind);
  if (options.frames_per_sequence > 1)
    for (const char* kind : {"poses", "tracks_2"})
      fs::create_directories(folder / "training" / kind);
  fs::create_directories(folder / "ImageSets");
}

// What `output` holds: the fingerprint of a dataset, "" where there is nothing at all.
std::string fingerprint_of(const fs::path& output) {
  if (!fs::exists(output)) return "";
  if (fs::is_directory(output) && fs::is_empty(output)) return "";
  const fs::path file = output / "fingerprint.txt";
  return fs::exists(file) ? read_file(file) : "something else";
}

}  // namespace

bool synthesize(const SynthesisOptions& options, const std::function<void(double)>& progress) {
  if (options.output.empty())
    throw UserError("the synthetic dataset needs a folder to be written to: give --output DIR");
  if (options.frames < 0 || options.objects < 0 || (options.frames == 0 && options.objects == 0))
    throw UserError(
        fmt::format("frames = {} and objects = {} ask for no dataset: one of them must "
                    "be positive, none negative",
                    options.frames,
                    options.objects));
  if (options.layout == SceneLayout::raw && options.frames_per_sequence < 2)
    throw UserError("KITTI raw's layout is one of sequences: give --sequence 2 or more frames");
  if (options.look != SceneLook::plain && options.frames_per_sequence > 1)
    throw UserError("sequences are made in the plain look alone: leave --look out");
  const std::string fingerprint = synthetic_fingerprint(options) + "\n";
  const fs::path output = fs::absolute(options.output).lexically_normal();
  const auto is_there = [&] {
    const std::string present = fingerprint_of(output);
    if (!present.empty() && present != fingerprint)
      throw UserError(
          fmt::format("'{}' exists already and is another dataset or no dataset; remove "
                      "it or choose another folder",
                      options.output));
    return present == fingerprint;
  };
  if (is_there()) return false;

  fs::path folder = output.has_filename() ? output : output.parent_path();
  const fs::path place = folder;
  folder += fmt::format(".partial-{}-{:08x}", getpid(), fresh_seed());  // hosts share it
  try {
    fs::remove_all(folder);
    make_folders(options, folder);
    const std::vector<std::string> frames = write_frames(options, folder, progress);
    if (options.layout == SceneLayout::object)
      write_file_atomically(folder / "ImageSets" / "all.txt", join(frames, "\n") + "\n");
    write_file_atomically(folder / "fingerprint.txt", fingerprint);
    std::error_code failed;
    fs::rename(folder, place, failed);
    if (failed) {
      // Another process may have finished the same dataset in the meantime.
      if (!is_there()) throw fs::filesystem_error("cannot rename", folder, place, failed);
      fs::remove_all(folder);
      return false;
    }
  } catch (const fs::filesystem_error& error) {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    throw UserError(
        fmt::format("the synthetic dataset '{}' cannot be written ({}); choose a folder "
                    "that can",
                    options.output,
                    error.code().message()));
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    throw;
  }
  return true;
}

}  // namespace monodr
