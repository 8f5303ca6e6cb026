// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "settings/dataset.h"

namespace monodr {

/// Folders of training/ that observations and evaluation read for these values of dataset.boxes,
/// dataset.masks and dataset.depth ("auto" = each that may be the first one there).
std::vector<std::string> folders_used(BoxSource boxes, MaskKind masks, DepthKind depth);

/// Identity of what a dataset holds: SHA-256 over the sorted relative paths and the contents of
/// the split's files in these folders. Equal content gives equal fingerprints wherever it lies.
/// Reads no picture and links no OpenCV.
///
/// `cache_file` ("" = none) keeps the hashes of single files by path, size and time of change in
/// nanoseconds, so that a second call reads directories only; it is made where it is missing, and
/// a damaged line in it is ignored. A change that keeps size and time goes unnoticed, as with make.
///
/// UserError for a root or split that is not there, or a file that cannot be read.
std::string dataset_fingerprint(const std::string& root,
                                const std::string& split,
                                const std::vector<std::string>& folders,
                                const std::string& cache_file);

}  // namespace monodr
