// SPDX-License-Identifier: Apache-2.0
#include "fuzz/reader_samples.h"

#include <boost/property_tree/ptree.hpp>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <opencv2/imgcodecs.hpp>

#include "base/error.h"
#include "base/text.h"
#include "data/boxes2d.h"
#include "data/conversion_files.h"
#include "data/ground_plane.h"
#include "data/kitti_calibration.h"
#include "data/kitti_folder.h"
#include "data/kitti_label.h"
#include "data/manifest.h"
#include "evidence/coco.h"
#include "evidence/depth.h"
#include "evidence/exif.h"
#include "evidence/lidar_points.h"
#include "evidence/mask_source.h"
#include "evidence/npz.h"
#include "geometry/mesh_file.h"
#include "results/cell_result.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

const std::string kLabels =
    "Car 0.00 0 -1.57 599.41 156.40 629.75 189.25 1.85 1.67 3.69 0.47 1.49 69.44 -1.56\n"
    "Pedestrian 0.1 3 0.2 10 20 30 80.5 1.7 0.6 0.8 -3 1.6 12 0.4\r\n"
    "DontCare -1 -1 -10 503.89 169.71 590.61 190.13 -1 -1 -1 -1000 -1000 -1000 -10\n";
const std::string kTracking =
    "0 2 Van 0 0 -1.79 296 161 455 292 2 1.82 4.43 -4.55 1.86 13.41 -2.11\n";
const std::string kResults =
    "Car -1 -1 -1.57 599.41 156.40 629.75 189.25 1.85 1.67 3.69 0.47 1.49 69.44 -1.56 0.97\n"
    "Car -1 -1 -10 1 2 30 40 -1 -1 -1 -1000 -1000 -1000 -10 1e-3";
const std::string kCalibration =
    "P0: 721.5377 0 609.5593 0 0 721.5377 172.854 0 0 0 1 0\n"
    "P2: 721.5377 0 609.5593 44.85728 0 721.5377 172.854 0.2163791 0 0 1 0.002745884\n"
    "P3: 721.5377 0 609.5593 -339.5242 0 721.5377 172.854 2.199936 0 0 1 0.002729905\n"
    "R0_rect: 0.9999 0.0098 -0.0074 -0.0099 0.9999 -0.0043 0.0074 0.0044 0.9999\n"
    "Tr_velo_to_cam: 0.0075 -0.9999 -0.0006 -0.0041 0.0148 0.0007 -0.9999 -0.0763 0.9999 0.0075 "
    "0.0148 -0.27\n";
const std::string kObj =
    "# cube\nmtllib car.mtl\nv -1 -1 -1\nv 1 -1 -1 0.5 0.5 1\nv 1 1 -1\nv -1 1 -1\nv 0 0 1\n"
    "usemtl body\nf 1 2 3 4\nf 1/1 2/2/2 5//3\nf -1 -2 \\\n-3\n";
const std::string kMtl = "newmtl body\nKa 0 0 0\nKd 0.2 0.4 0.6\nnewmtl glass # x\nKd 255 0 3\n";
const std::string kOff =
    "OFF\n5 3 0\n0 0 0\n1 0 0\n1 1 0\n0 1 0\n0 0 1\n4 0 1 2 3\n3 0 1 4 255 0 0\n3 1 2 4\n";
const std::string kPly =
    "ply\nformat ascii 1.0\ncomment x\nelement vertex 4\nproperty float x\nproperty float y\n"
    "property double z\nproperty uchar red\nproperty uchar green\nproperty uchar blue\n"
    "element face 2\nproperty list uchar int vertex_indices\nproperty list uchar float texcoord\n"
    "end_header\n0 0 0 255 0 0\n1 0 0 0 255 0\n1 1 0 0 0 255\n0 1 1 9 9 9\n3 0 1 2 2 0.5 1\n3 0 2 "
    "3 0\n";
const std::string kManifest =
    "[defaults]\npicture = \"images/*.jpg\"\nintrinsics = [1200.0, 1100, 640.5, 360.0]\n"
    "masks = \"masks/{name}_*.png\"\ndepth = \"depth/{name}.npy\"\ndepth_unit = 0.001\n"
    "[[frame]]\npicture = \"images/b.jpg\"\nid = \"street\"\n"
    "intrinsics = [[500, 0, 320], [0, 500.5, 240], [0, 0, 1]]\ndistortion = [-0.1, 0.01, 0, 0]\n"
    "ground_plane = [0, -1, 0.01, 1.65]\n";
const std::string kManifestJson =
    R"({"defaults": {"picture": "images/*.jpg", "horizontal_field_of_view": 60.5},
 "frame": [{"picture": "images/a.jpg", "id": "one", "camera_height": 2,
 "lidar": "depth/a.npy", "lidar_pose": [[1,0,0,0],[0,1,0,0],[0,0,1,0]]}]})";
const std::string kCoco =
    R"({"images": [{"id": 7, "file_name": "images\\a.jpg"}, {"id": "x", "file_name": "b.jpg"}],
 "annotations": [{"image_id": 7, "segmentation": {"size": [4, 6], "counts": [3, 5, 16]}, "category_id": 3, "score": 0.9},
 {"image_id": "x", "segmentation": {"size": [4, 6], "counts": "03M3"}},
 {"image_id": 7, "segmentation": [[0, 0, 5, 0, 5, 3.5], [1, 1, 2, 2]], "category_id": 3},
 {"image_id": 7, "segmentation": [0, 0, 4, 0, 4, 3]}],
 "categories": [{"id": 3, "name": "car"}]})";
const std::string kCocoResults =
    R"([{"image_id": 8, "segmentation": {"size": [4, 6], "counts": [0, 24]}, "score": 0.5}])";

template <typename Number>
std::string raw(const std::vector<Number>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Number)};
}

std::string npy(const std::string& type, const std::string& shape, const std::string& data) {
  std::string header =
      "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }";
  header.resize((header.size() + 10 + 64) / 64 * 64 - 11, ' ');
  header += '\n';
  return "\x93NUMPY" + std::string("\1\0", 2) + raw<std::uint16_t>({std::uint16_t(header.size())}) +
         header + data;
}

/// A triangle with colours, in one of both byte orders.
std::string binary_ply(bool is_big_endian) {
  std::string body;
  const auto add = [&](const std::string& number) {
    body += is_big_endian ? std::string(number.rbegin(), number.rend()) : number;
  };
  for (int i = 0; i < 3; ++i) {
    for (const float x : {float(i == 1), float(i == 2), 0.5F}) add(raw<float>({x}));
    body += std::string(3, char(40 * i));
  }
  body += char(3);
  for (std::int32_t corner = 0; corner < 3; ++corner) add(raw<std::int32_t>({corner}));
  return fmt::format(
             "ply\nformat binary_{}_endian 1.0\nelement vertex 3\nproperty float x\nproperty float "
             "y\n"
             "property float z\nproperty uchar red\nproperty uchar green\nproperty uchar blue\n"
             "element face 1\nproperty list uchar int vertex_indices\nend_header\n",
             is_big_endian ? "big" : "little") +
         body;
}

/// An archive with one stored array.
std::string npz(const std::string& name, const std::string& data) {
  const std::string common = raw<std::uint16_t>({0, 0, 0, 0});
  const auto sizes =
      raw<std::uint32_t>({0, std::uint32_t(data.size()), std::uint32_t(data.size())});
  const auto name_size = raw<std::uint16_t>({std::uint16_t(name.size())});
  const std::string zero("\0\0", 2);
  const std::string local =
      "PK\3\4\x14" + zero.substr(1) + common + sizes + name_size + zero + name + data;
  const std::string central = std::string("PK\1\2\x14\0\x14\0", 8) + common + sizes + name_size +
                              std::string(12, '\0') + std::string(4, '\0') + name;
  return local + central + std::string("PK\5\6\0\0\0\0\1\0\1\0", 12) +
         raw<std::uint32_t>({std::uint32_t(central.size()), std::uint32_t(local.size())}) + zero;
}

std::string encoded(const std::string& ending, const cv::Mat& picture) {
  std::vector<std::uint8_t> bytes;
  MONODR_CHECK(cv::imencode(ending, picture, bytes), "no encoder for {}", ending);
  return {bytes.begin(), bytes.end()};
}

cv::Mat picture_of(int type) {
  cv::Mat picture(9, 14, type);
  cv::randu(picture, 0, 4000);
  return picture;
}

/// A JPEG with EXIF data: focal length, the same of 35 mm film, resolution of the sensor.
std::string with_exif(const std::string& jpeg) {
  const auto entry = [](std::uint16_t tag, std::uint16_t type, std::uint32_t value) {
    return raw<std::uint16_t>({tag, type}) + raw<std::uint32_t>({1, value});
  };
  std::string tiff = "II*" + std::string(1, '\0') + raw<std::uint32_t>({8}) +
                     raw<std::uint16_t>({1}) + entry(0x8769, 4, 26) + raw<std::uint32_t>({0});
  tiff += raw<std::uint16_t>({4}) + entry(0x920a, 5, 80) + entry(0xa405, 3, 26) +
          entry(0xa20e, 5, 88) + entry(0xa002, 4, 14) + raw<std::uint32_t>({0});
  tiff.resize(80);
  tiff += raw<std::uint32_t>({425, 100, 7000, 3});
  const std::string data = std::string("Exif\0\0", 6) + tiff;
  const auto size = std::uint16_t(data.size() + 2);
  return jpeg.substr(0, 2) + "\xff\xe1" + char(size >> 8) + char(size & 0xff) + data +
         jpeg.substr(2);
}

std::string scan() {
  std::vector<float> points;
  for (int i = 0; i < 90; ++i)
    for (const double number : {20 * std::cos(i * 0.07), 20 * std::sin(i * 0.07), -1.5, 0.3})
      points.push_back(float(number));
  return raw(points);
}

std::string cell_result() {
  CellResult result;
  result.cell = std::string(64, 'a');
  result.state = "done";
  result.detections = {{"000001", parse_kitti_objects(kResults, KittiFileKind::results, "r")}};
  result.series = {{"loss.total", 3, 0.25}};
  result.provenance = {{"host", "h"}};
  result.objects.resize(1);
  result.modes.resize(1);
  result.distributions = {{"000001", 0, {0.25, 0.75}}};
  result.metrics.resize(1);
  return to_json(result);
}

void read_coco(const std::string& path) {
  const CocoMasks masks(path);
  for (const char* frame : {"a", "b", "x", "000008"})
    if (masks.has(frame)) masks.masks(frame, 6, 4, 0.3);
}

}  // namespace

std::vector<FuzzedReader> fuzzed_readers(const std::string& folder) {
  for (const char* name : {"images/a.jpg",
                           "images/b.jpg",
                           "masks/a_1.png",
                           "depth/a.npy",
                           "training/image_2/000008.png",
                           "ImageSets/none"}) {
    fs::create_directories((fs::path(folder) / name).parent_path());
    write_file_atomically((fs::path(folder) / name).string(), "");
  }
  const auto of_content = [](auto read) {
    return [read](const std::string& path) { read(read_file(path), path); };
  };
  const auto labels = [](const std::string& content, const std::string& path) {
    parse_kitti_objects(content, KittiFileKind::labels, path);
    read_boxes2d(path, BoxFile::labels);
  };
  const auto results = [](const std::string& content, const std::string& path) {
    parse_kitti_objects(content, KittiFileKind::results, path);
    read_boxes2d(path, BoxFile::detections);
  };
  const std::string object = folder + "/car.obj";
  write_file_atomically(object, kObj);
  const auto masks = [](const std::string& path) { instances_of_ids(load_plane16(path)); };
  const std::string depth = npy("<f4", "(2, 3)", raw<float>({1, 2, 3, 4, 5, 6}));
  return {
      {"labels", "a.txt", {kLabels, kTracking}, of_content(labels)},
      {"results", "a.txt", {kResults}, of_content(results)},
      {"calibration",
       "c.txt",
       {kCalibration},
       [](const auto& path) { read_kitti_calibration(path); }},
      {"list",
       "ImageSets/fuzz.txt",
       {"000008\n000010\r\n 000011 \n"},
       [folder](const auto&) { KittiFolder(folder).frames("fuzz"); }},
      {"plane",
       "p.txt",
       {"# Matrix\nWIDTH 4\nHEIGHT 1\n0.0 -1.0 -1e-2 1.65\n"},
       [](const auto& path) { read_ground_plane(path); }},
      {"obj", "a.obj", {kObj}, [](const auto& path) { read_mesh(path); }},
      {"mtl", "car.mtl", {kMtl}, [object](const auto&) { read_mesh(object); }},
      {"off",
       "a.off",
       {kOff, "COFF\n" + kOff.substr(4)},
       [](const auto& path) { read_mesh(path); }},
      {"ply",
       "a.ply",
       {kPly, binary_ply(false), binary_ply(true)},
       [](const auto& path) { read_mesh(path); }},
      {"manifest", "frames.toml", {kManifest}, [](const auto& path) { read_manifest(path); }},
      {"manifest_json",
       "frames.json",
       {kManifestJson},
       [](const auto& path) { read_manifest(path); }},
      {"coco", "coco.json", {kCoco, kCocoResults}, read_coco},
      {"npy",
       "d.npy",
       {depth, npy("<u2", "(1, 2, 1)", "abcd"), npy("<f2", "(2, 1)", "abcd")},
       [](const auto& path) { read_npy_plane(path); }},
      {"npz",
       "d.npz",
       {npz("depth.npy", depth)},
       [](const auto& path) { read_npz_plane(path, "depth"); }},
      {"xml",
       "t.xml",
       {"<?xml "
        "version=\"1.0\"?>\n<boost_serialization><tracklets><count>1</count><item><objectType>Car</"
        "objectType>"
        "<h>1.5</h><w>1.6</w><l>3.9</l><first_frame>0</first_frame><poses><count>1</"
        "count><item><tx>9.5</tx><ty>-2</ty>"
        "<tz>-1.7</tz><rz>0.1</rz><state>2</state></item></poses></item></tracklets></"
        "boost_serialization>\n",
        "<opencv_storage><object1 type_id=\"x\"><label>car</label><transform "
        "type_id=\"opencv-matrix\"><rows>4</rows>"
        "<cols>4</cols><dt>f</dt><data>1. 0. 0. 2. 0. 1. 0. 3. 0. 0. 1. 4. 0. 0. 0. "
        "1.</data></transform></object1>"
        "</opencv_storage>\n"},
       [](const auto& path) { read_xml_tree(path); }},
      {"lidar", "s.bin", {scan()}, [](const auto& path) { read_lidar_points(path); }},
      {"depth_png",
       "d.png",
       {encoded(".png", picture_of(CV_16U)), encoded(".png", picture_of(CV_8U))},
       [](const auto& path) { load_depth_png(path); }},
      {"masks_png",
       "m.png",
       {encoded(".png", picture_of(CV_8U)), encoded(".png", picture_of(CV_16U))},
       masks},
      {"picture",
       "i.jpg",
       {encoded(".jpg", picture_of(CV_8UC3)), encoded(".png", picture_of(CV_8UC3))},
       [](const auto& path) { load_colour_image(path); }},
      {"numbers",
       "d.tiff",
       {encoded(".tiff", picture_of(CV_32F)), encoded(".tiff", picture_of(CV_16U))},
       [](const auto& path) { load_numbers(path); }},
      {"exif",
       "e.jpg",
       {with_exif(encoded(".jpg", picture_of(CV_8UC3)))},
       [](const auto& path) { exif_focal(path, 14, 9); }},
      {"result",
       "r.json",
       {cell_result()},
       of_content(
           [](const std::string& content, const std::string&) { cell_result_from_json(content); })},
  };
}

}  // namespace monodr
