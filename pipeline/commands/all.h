// Each command's row, made by its own file; those of most stages come from registry.cpp.
#pragma once

#include "pipeline/commands.h"

namespace depthmill::pipeline {

Command command_run();
Command command_sample();
Command command_evaluate();
Command command_report();
Command command_baseline_mean();
Command command_train();
Command command_export();
Command command_labeled();
Command command_pack();
Command command_stats();
Command command_score_fill();
Command command_calibrate();
Command command_fingerprint();
Command command_bench_infer();
Command command_info();
Command command_status();
Command command_verify();
Command command_repair();
Command command_merge();
Command command_shards();

}  // namespace depthmill::pipeline
