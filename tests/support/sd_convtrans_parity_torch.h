// What the two halves of the parity comparison share. Torch header: for the parity library alone.
#pragma once

#include <string>
#include <vector>

#include "stages/networks/sd_convtrans/torch_api.h"
#include "tests/support/h5_file.h"

namespace depthmill::test {

// Fills parameters and buffers by the formula on prefix + name.
void fill_by_formula(torch::nn::Module& module, std::uint64_t seed, const std::string& prefix = "");

torch::Tensor tensor_of(const std::vector<float>& values, std::vector<std::int64_t> shape);
torch::Tensor tensor_of(const H5Array& array);  // float32
torch::Tensor unit_values(const std::string& name, std::vector<std::int64_t> shape, std::uint64_t seed);

// max |a - b| / max |b|; infinite when shapes differ or something is not finite.
double relative_to_largest(const torch::Tensor& a, const torch::Tensor& b);
double largest_difference(const torch::Tensor& a, const torch::Tensor& b);

}  // namespace depthmill::test
