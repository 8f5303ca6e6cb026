// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fitting/objective.h"

namespace monodr {

/// Who of K heads explains an object best cannot be told while size, place and paint are still wrong: of 8 headings a network
/// that has just begun has the right one in front on every third car, after 5 steps of descent on 62 %, after 15 on 78 % (made-up
/// street-look cars, all of 25 px and more).
///
/// [B] allocentric headings, radians, of the best rows after `steps` steps of the fit's descent with its `rates` from the states
/// [B * heads,StateLayout::columns], rows of one object together. After a third of the steps the worse half of an object's rows is
/// dropped, after two thirds all but two. An object none of whose rows is finite keeps the heading of one of them. The states
/// are not touched and no gradient reaches them. Deterministic; on any number of threads the same bits.
at::Tensor headings_after_descent(const Objective& objective,
                                  const LearningRates& rates,
                                  int steps,
                                  const at::Tensor& states,
                                  const ObservationBatch& batch);

}  // namespace monodr
