// SPDX-License-Identifier: Apache-2.0
#include "cell/run_method.h"

#include <algorithm>
#include <ctime>
#include <future>
#include <iterator>

#include "cell/hidden_sides.h"
#include "cell/what_met.h"
#include "evidence/observation_reader.h"

namespace monodr {
namespace {

/// CLOCK_PROCESS_CPUTIME_ID or CLOCK_THREAD_CPUTIME_ID.
double cpu_seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return double(now.tv_sec) + 1e-9 * double(now.tv_nsec);
}

/// Curves are means over objects: weighted by how many there were.
void add_curves(MethodResult& all,
                const MethodResult& part,
                double objects,
                double objects_before) {
  if (objects == 0) return;
  if (all.curves.empty()) {
    all.curves = part.curves;
    return;
  }
  const double share = objects / (objects + objects_before);
  for (size_t c = 0; c < all.curves.size() && c < part.curves.size(); ++c) {
    auto& values = all.curves[c].second;
    const auto& more = part.curves[c].second;
    for (size_t step = 0; step < values.size() && step < more.size(); ++step)
      values[step] += share * (more[step] - values[step]);
  }
}

void add_result(MethodResult& all, MethodResult part) {
  add_curves(all, part, double(part.objects.size()), double(all.objects.size()));
  all.objects.insert(all.objects.end(),
                     std::make_move_iterator(part.objects.begin()),
                     std::make_move_iterator(part.objects.end()));
  all.failed_hypotheses += part.failed_hypotheses;
  all.starts_without_detection += part.starts_without_detection;
  all.renders += part.renders;
  for (const std::string& note : part.notes)  // what each part says is said once
    if (std::find(all.notes.begin(), all.notes.end(), note) == all.notes.end())
      all.notes.push_back(note);
}

}  // namespace

size_t objects_at_once(int image_size) {
  constexpr size_t kMost = 64, kFewest = 8, kLargestFree = 128;
  const auto side = static_cast<size_t>(image_size);
  return std::clamp(kMost * kLargestFree * kLargestFree / (side * side), kFewest, kMost);
}

MethodRun run_method(const Method& method,
                     const FrameSource& source,
                     const DatasetRequest& request,
                     bool reads,
                     bool looks,
                     const std::function<void(double share)>& progress,
                     const FramesDone& frames_done) {
  MethodRun run;
  const double before = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
  if (!looks) {
    if (reads) {
      run.set = load_observations(source, request);
      run.set.observations.clear();
    } else {
      run.set.frames = source.frames();
    }
    run.found = method.detect(run.set, progress);
    run.seconds = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - before;
    if (frames_done) frames_done(run.set.frames, run.found.objects);
    return run;
  }
  ObservationReader reader(source, request, source.frames());
  double reading = 0, showing = 0;  // one thread at a time reads
  const auto read_next = [&] {
    const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    ObservationSet set = reader.next(objects_at_once(request.image_size));
    reading += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - start;
    return set;
  };
  ObservationSet part = read_next();
  for (double done = 0; true;) {
    const double share = reader.share();
    std::future<ObservationSet> upcoming;
    if (!reader.is_done()) upcoming = std::async(std::launch::async, read_next);
    MethodResult found;
    if (!part.observations.empty())
      found =
          method.detect(part, [&](double of_part) { progress(done + (share - done) * of_part); });
    add_hidden_sides(part, found.objects);
    const double shown = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    if (frames_done) frames_done(part.frames, found.objects);
    showing += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - shown;
    add_result(run.found, std::move(found));
    done = share;
    add_without_observations(run.set, std::move(part));
    if (!upcoming.valid()) break;
    part = upcoming.get();
  }
  run.seconds = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - before - reading - showing;
  reader.finish(run.set);
  require_observations(run.set, request.category_model);
  return run;
}

}  // namespace monodr
