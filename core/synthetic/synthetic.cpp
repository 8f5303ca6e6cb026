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
#include <random>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "data/kitti_label.h"
#include "geometry/rotation.h"
#include "synthetic/scene.h"
#include "synthetic/scene_renderer.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

constexpr const char* calibration =
    "P0: 7.215377000000e+02 0.000000000000e+00 6.095593000000e+02 0.000000000000e+00 "
    "0.000000000000e+00 7.215377000000e+02 1.728540000000e+02 0.000000000000e+00 "
    "0.000000000000e+00 0.000000000000e+00 1.000000000000e+00 0.000000000000e+00\n"
    "P1: 7.215377000000e+02 0.000000000000e+00 6.095593000000e+02 -3.875744000000e+02 "
    "0.000000000000e+00 7.215377000000e+02 1.728540000000e+02 0.000000000000e+00 "
    "0.000000000000e+00 0.000000000000e+00 1.000000000000e+00 0.000000000000e+00\n"
    "P2: 7.215377000000e+02 0.000000000000e+00 6.095593000000e+02 4.485728000000e+01 "
    "0.000000000000e+00 7.215377000000e+02 1.728540000000e+02 2.163791000000e-01 "
    "0.000000000000e+00 0.000000000000e+00 1.000000000000e+00 2.745884000000e-03\n"
    "P3: 7.215377000000e+02 0.000000000000e+00 6.095593000000e+02 -3.395242000000e+02 "
    "0.000000000000e+00 7.215377000000e+02 1.728540000000e+02 2.199936000000e+00 "
    "0.000000000000e+00 0.000000000000e+00 1.000000000000e+00 2.729905000000e-03\n"
    "R0_rect: 9.999239000000e-01 9.837760000000e-03 -7.445048000000e-03 -9.869795000000e-03 "
    "9.999421000000e-01 -4.278459000000e-03 7.402527000000e-03 4.351614000000e-03 "
    "9.999631000000e-01\n"
    "Tr_velo_to_cam: 7.533745000000e-03 -9.999714000000e-01 -6.166020000000e-04 "
    "-4.069766000000e-03 1.480249000000e-02 7.280733000000e-04 -9.998902000000e-01 "
    "-7.631618000000e-02 9.998621000000e-01 7.523790000000e-03 1.480755000000e-02 "
    "-2.717806000000e-01\n"
    "Tr_imu_to_velo: 9.999976000000e-01 7.553071000000e-04 -2.035826000000e-03 "
    "-8.086759000000e-01 -7.854027000000e-04 9.998898000000e-01 -1.482298000000e-02 "
    "3.195559000000e-01 2.024406000000e-03 1.482454000000e-02 9.998881000000e-01 "
    "-7.997231000000e-01\n";

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
  write_file_atomically(training / "calib" / (frame + ".txt"), calibration);
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

// Writes frame after frame into `folder`, in blocks, because only a made scene tells how many cars
// it holds; returns the frames' ids.
std::vector<std::string> write_frames(const SynthesisOptions& options,
                                      const fs::path& folder,
                                      const std::function<void(double)>& progress) {
  constexpr int block_size = 16;
  const int threads =
      options.threads > 0 ? options.threads : std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::string> frames;
  std::mutex progress_mutex;
  int cars = 0, frames_done = 0;
  bool complete = false;
  while (!complete) {
    const int first = static_cast<int>(frames.size());
    const int wanted =
        options.frames > 0 ? std::min(block_size, options.frames - first) : block_size;
    std::vector<Scene> scenes(wanted);
    in_parallel(wanted, threads, [&](int i) { scenes[i] = random_scene(options.seed, first + i); });
    int used = 0;
    const int cars_before = cars;
    while (used < wanted && (options.objects <= 0 || cars < options.objects))
      cars += static_cast<int>(scenes[used++].cars.size());
    complete = (options.objects > 0 && cars >= options.objects) ||
               (options.frames > 0 && first + used >= options.frames);
    for (int i = 0; i < used; ++i) frames.push_back(fmt::format("{:06d}", first + i));
    in_parallel(used, threads, [&](int i) {
      write_frame(folder / "training", frames[first + i], scenes[i]);
      const std::lock_guard lock(progress_mutex);
      ++frames_done;
      double share = options.frames > 0 ? static_cast<double>(frames_done) / options.frames : 0;
      if (options.objects > 0) {
        const double block = static_cast<double>(frames_done - first) / used;
        share = std::max(share, (cars_before + block * (cars - cars_before)) / options.objects);
      }
      if (progress) progress(std::min(1.0, share));
    });
  }
  return frames;
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
  folder += fmt::format(".partial-{}-{:08x}", getpid(), std::random_device{}());  // hosts share it
  try {
    fs::remove_all(folder);
    for (const char* kind : {"image_2", "calib", "label_2", "instance_2", "depth_2", "meshes"})
      fs::create_directories(folder / "training" / kind);
    fs::create_directories(folder / "ImageSets");
    const std::vector<std::string> frames = write_frames(options, folder, progress);
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
