// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>

#include "base/memory.h"
#include "plugin/batch.h"
#include "plugin/registry.h"

namespace monodr {

/// The plugins that were built beside the benchmark.
inline Registry built_plugins() {
  const char* folder = std::getenv("MONODR_BINARY_DIR");
  return Registry({std::string(folder != nullptr ? folder : ".") + "/plugins"});
}

/// Crops of `size` px of noise, a car's box in each, no mask: what a plugin costs does not hang on what it sees.
inline ObservationBatch crops_of_noise(int64_t objects, int64_t size) {
  ObservationBatch batch;
  batch.known = at::ones({objects, size, size});
  batch.image = at::rand({objects, 3, size, size});
  batch.depth = 10 + at::rand({objects, size, size});
  batch.box = at::tensor({7.F, 16.F, 57.F, 48.F}).repeat({objects, 1});
  batch.free_sides = at::ones({objects, 4});
  batch.intrinsics = at::tensor({80.F, 0.F, 32.F, 0.F, 80.F, 32.F, 0.F, 0.F, 1.F})
                         .reshape({1, 3, 3})
                         .repeat({objects, 1, 1});
  batch.depth_deviation = at::full({objects}, 0.1F);
  batch.size_mean = at::tensor({1.53F, 1.63F, 3.88F}).repeat({objects, 1});
  batch.size_deviation = at::tensor({0.085F, 0.055F, 0.1F}).repeat({objects, 1});
  return batch;
}

/// A counter of what one of `count` items costs.
inline benchmark::Counter cost_of_one(double count) {
  return {count, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert};
}

/// BENCHMARK_MAIN with memory kept as monodr-worker keeps it.
inline int run_benchmarks(int argc, char** argv) {
  keep_freed_memory();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace monodr
