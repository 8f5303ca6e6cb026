// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace monodr {

/// The subcommands of runexp, one a file. Each takes the words after its name and returns the exit
/// code: 0 all is well, 1 some cells failed or a check found a difference, 2 wrong use (thrown as
/// UserError), 130 stopped by a signal.
constexpr int exit_stopped = 130;

int run_experiment(const std::vector<std::string>& arguments);  ///< run.cpp: runexp FILE.toml
int run_plugins(const std::vector<std::string>& arguments);     ///< plugins.cpp
int run_status(const std::vector<std::string>& arguments);      ///< status.cpp
int run_watch(const std::vector<std::string>& arguments);       ///< watch.cpp
int run_logs(const std::vector<std::string>& arguments);        ///< logs.cpp
int run_cancel(const std::vector<std::string>& arguments);      ///< cancel.cpp
int run_collect(const std::vector<std::string>& arguments);     ///< collect.cpp
int run_rerun(const std::vector<std::string>& arguments);       ///< rerun.cpp
int run_diff(const std::vector<std::string>& arguments);        ///< diff.cpp
int run_tag(const std::vector<std::string>& arguments);         ///< tag.cpp
int run_note(const std::vector<std::string>& arguments);        ///< note.cpp
int run_completion(const std::vector<std::string>& arguments);  ///< completion.cpp
int run_table(const std::vector<std::string>& arguments);       ///< table.cpp
int run_report(const std::vector<std::string>& arguments);      ///< report.cpp
int run_figure(const std::vector<std::string>& arguments);      ///< figure.cpp
int run_metrics(const std::vector<std::string>& arguments);     ///< metrics.cpp
int run_export(const std::vector<std::string>& arguments);      ///< export.cpp
int run_data(const std::vector<std::string>& arguments);        ///< annotate.cpp and the worker
int run_detect(const std::vector<std::string>& arguments);      ///< detect.cpp
int run_refine(const std::vector<std::string>& arguments);      ///< refine.cpp
int run_fit(const std::vector<std::string>& arguments);         ///< fit.cpp
int run_show(const std::vector<std::string>& arguments);        ///< show.cpp
int run_schema(const std::vector<std::string>& arguments);      ///< schema.cpp
int run_evaluate(const std::vector<std::string>& arguments);    ///< evaluate.cpp
int run_prior(const std::vector<std::string>& arguments);       ///< prior.cpp
int run_train(const std::vector<std::string>& arguments);       ///< train.cpp
int run_cache(const std::vector<std::string>& arguments);       ///< cache.cpp
int run_selftest(const std::vector<std::string>& arguments);    ///< selftest.cpp

}  // namespace monodr
