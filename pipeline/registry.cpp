#include "pipeline/registry.h"

#include "pipeline/commands/inputs.h"
#include "pipeline/threads.h"

namespace depthmill::pipeline {
namespace {

// Inference shares the run's budget of threads.
InferOptions infer_options(const Config& config) {
  InferOptions options = config.infer;
  options.threads = resolve_threads(config.run.threads);
  return options;
}

EvaluateOptions evaluate_options(const Config& config) {
  EvaluateOptions options = config.evaluate;
  options.only_normals = only_normals(config);
  return options;
}

const StageRow kStages[] = {
    {"extract", [](const Config& c) { return make_extract_stage(c.extract); }},
    {"fill", [](const Config& c) { return make_fill_stage(c.fill); }},
    {"decompose", [](const Config& c) { return make_decompose_stage(c.decompose); }},
    {"infer", [](const Config& c) -> std::unique_ptr<Stage> { return make_infer_stage(infer_options(c)); }},
    {"evaluate", [](const Config& c) { return make_evaluate_stage(evaluate_options(c)); },
     [](const Config& c) { return evaluate_protocols(c.evaluate); }},
    {"report", nullptr},
};

}  // namespace

std::span<const StageRow> registry() { return kStages; }

const StageRow* find_stage(std::string_view name) {
  for (const StageRow& row : kStages)
    if (row.name == name) return &row;
  return nullptr;
}

std::vector<std::string> stage_names() {
  std::vector<std::string> names;
  for (const StageRow& row : kStages) names.emplace_back(row.name);
  return names;
}

}  // namespace depthmill::pipeline
