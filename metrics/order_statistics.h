// Which value stands where in the order of many, without sorting them. Inside the metrics' room.
#pragma once

#include <cstddef>
#include <span>

#include "metrics/values.h"

namespace depthmill::metrics {

struct OrderStatistic {
  double at, next;  // the k-th smallest value, and the one after it: infinity behind the last
};

// Values are numbers or infinities, not NaN; k, from 0, is below their count.
OrderStatistic order_statistic(std::span<const double> values, std::size_t k);

// The values themselves where all are finite, else those that are, in `kept`.
std::span<const double> finite_of(std::span<const double> values, Values& kept);

}  // namespace depthmill::metrics
