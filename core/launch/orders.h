// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "geometry/labelled_detection.h"
#include "results/database.h"

namespace monodr {

/// What `runexp` tells `monodr-worker` to do: each order is a file, written and read here alone.

/// Runs one cell (`run`). Its text is one line.
struct CellOrder {
  CellRecord record;
  std::vector<std::string> plugin_folders;
  std::string cache;     ///< folder of synthetic sets and trained priors
  std::string output;    ///< file for the CellResult
  std::string pictures;  ///< folder for overlays, "" = none
};
std::string to_json(const CellOrder& order);
/// Throws std::exception for a text that is no order.
CellOrder cell_order_from_json(const std::string& text);

/// Checks configurations, makes the data and the prior of one (`prepare`).
struct PrepareOrder {
  std::string config;              ///< resolved, JSON
  std::vector<std::string> check;  ///< configurations whose parts are made once and dropped
  std::vector<std::string> plugin_folders;
  std::string cache;
  /// Of what the configuration needs: "data", "training data", "prior", "predictor", or "" = all; "check": nothing but
  /// the checks.
  std::string only = "";
};
std::string to_json(const PrepareOrder& order);
PrepareOrder prepare_order_from_json(const std::string& text);

/// Runs a cell again and writes the meshes of what it found, a file a frame (`meshes`).
struct MeshesOrder {
  CellOrder cell;                        ///< its output is a folder
  std::vector<FrameAnnotations> stored;  ///< what the database has of it
  std::string title;
  std::string format;  ///< glb, obj or ply
};
std::string to_json(const MeshesOrder& order);
MeshesOrder meshes_order_from_json(const std::string& text);

/// Draws objects of one cell for a report (`pictures`).
struct PicturesOrder {
  CellOrder cell;  ///< its output is a folder: <i>.png, and of what was seen <i>-image.png, ...
  std::vector<LabelledDetection> objects;
  int size = 0;  ///< of a picture's side, px
};
std::string to_json(const PicturesOrder& order);
PicturesOrder pictures_order_from_json(const std::string& text);

/// Fits one object and draws how it went (`sheet`).
struct SheetOrder {
  std::string config;  ///< resolved, JSON
  std::uint64_t seed = 0;
  std::vector<std::string> plugin_folders;
  std::string cache;
  std::string frame;
  int object = -1;  ///< running number in the file of 2-D boxes; -1: see `label`
  int label = -1;   ///< running number of a label; -1 (and no object): the largest 2-D box
  std::string drawing = "sheet";  ///< or "landscape"
  double width = 0;               ///< of a landscape, px; 0 = that of a column
  bool has_title = true;          ///< of a landscape
  std::string title;
  std::string output;  ///< an SVG file
};
std::string to_json(const SheetOrder& order);
SheetOrder sheet_order_from_json(const std::string& text);

/// Finds objects in pictures and writes what it found to a folder (`detect`).
struct DetectOrder {
  std::string config;  ///< resolved, JSON
  std::vector<std::string> plugin_folders;
  std::string cache;
  std::string output;  ///< folder that is there
  /// Of the pictures' camera in the rig whose frame the boxes are written in (geometry/camera.h), metres.
  std::vector<double> offset{0, 0, 0};
  bool meshes = false;  ///< write each object's posed mesh, too: FRAME-OBJECT.obj
};
std::string to_json(const DetectOrder& order);
DetectOrder detect_order_from_json(const std::string& text);

}  // namespace monodr
