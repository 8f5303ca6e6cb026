// SPDX-License-Identifier: Apache-2.0
//
// Files in the formats of KITTI raw and KITTI-360 as they are published, with boxes that are known. All that comes out is
// compared with projections worked out here, in double precision, from the datasets' own formulas.
#include "data/conversion.h"

#include <gtest/gtest.h>

#include <Eigen/Geometry>
#include <Eigen/LU>
#include <cmath>

#include "base/error.h"
#include "data/kitti_calibration.h"
#include "data/kitti_label.h"
#include "scratch_folder.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
using Matrix34 = Eigen::Matrix<double, 3, 4>;

template <typename Matrix>
std::string numbers(const Matrix& matrix) {
  std::string text;
  for (int row = 0; row < matrix.rows(); ++row)
    for (int column = 0; column < matrix.cols(); ++column)
      text += fmt::format("{}{:.12e}", text.empty() ? "" : " ", double(matrix(row, column)));
  return text;
}

Matrix34 projection(double shift) {
  return (Matrix34() << 721.5377,
          0,
          609.5593,
          shift,
          0,
          721.5377,
          172.854,
          0.2163791,
          0,
          0,
          1,
          0.002745884)
      .finished();
}

/// A small turn, as between a real LiDAR and a camera.
Eigen::Matrix3d turned(double about_x, double about_y, double about_z) {
  return (Eigen::AngleAxisd(about_x, Eigen::Vector3d::UnitX()) *
          Eigen::AngleAxisd(about_y, Eigen::Vector3d::UnitY()) *
          Eigen::AngleAxisd(about_z, Eigen::Vector3d::UnitZ()))
      .toRotationMatrix();
}

/// x forward, y left, z up to x right, y down, z forward.
const Eigen::Matrix3d kToCamera = (Eigen::Matrix3d() << 0, -1, 0, 0, 0, -1, 1, 0, 0).finished();

/// The smallest box around points that are all before the camera, in the file's pixels.
Box2d around(const std::vector<Eigen::Vector3d>& points, const Matrix34& p) {
  Box2d box{1e9, 1e9, -1e9, -1e9};
  for (const Eigen::Vector3d& point : points) {
    const Eigen::Vector3d seen = p * point.homogeneous();
    const double u = seen.x() / seen.z(), v = seen.y() / seen.z();
    box = {std::min(box.left, u),
           std::min(box.top, v),
           std::max(box.right, u),
           std::max(box.bottom, v)};
  }
  return box;
}

/// Corners of both are the same, in some order.
void expect_same_corners(const Box3d& box,
                         const std::vector<Eigen::Vector3d>& corners,
                         double tolerance) {
  for (const Eigen::Vector3d& own : box.corners()) {
    double nearest = 1e9;
    for (const Eigen::Vector3d& corner : corners)
      nearest = std::min(nearest, (own - corner).norm());
    EXPECT_LT(nearest, tolerance);
  }
}

void expect_near(const Box2d& box, const Box2d& truth, double tolerance) {
  EXPECT_NEAR(box.left - 0.5, truth.left, tolerance);
  EXPECT_NEAR(box.top - 0.5, truth.top, tolerance);
  EXPECT_NEAR(box.right - 0.5, truth.right, tolerance);
  EXPECT_NEAR(box.bottom - 0.5, truth.bottom, tolerance);
}

constexpr double kLabelDigits = 0.01;  // two decimals are written

/// A day of KITTI raw with one drive of two frames and a tracklet.
class KittiRaw : public testing::Test {
 protected:
  void write(const Eigen::Matrix3d& tilt) {
    velodyne_to_camera << tilt * kToCamera, Eigen::Vector3d(-0.0041, -0.0763, -0.2718);
    rectification = turned(0.004, -0.007, 0.009);
    if (tilt.isIdentity()) rectification.setIdentity();
    std::string cameras = "calib_time: 09-Jan-2012 13:57:47\ncorner_dist: 9.950000e-02\n";
    for (int i = 0; i < 4; ++i)
      cameras += fmt::format(
          "S_{0:02}: 1.392000e+03 5.120000e+02\nK_{0:02}: 9.8e+02 0 6.9e+02 0 9.7e+02 2.4e+02 0 0 "
          "1\n"
          "D_{0:02}: -3.7e-01 2.0e-01 1.0e-03 5.0e-04 -7.0e-02\nR_{0:02}: 1 0 0 0 1 0 0 0 1\n"
          "T_{0:02}: 0 0 0\nS_rect_{0:02}: 1.242000e+03 3.750000e+02\nR_rect_{0:02}: {1}\n"
          "P_rect_{0:02}: {2}\n",
          i,
          numbers(i == 0 ? rectification : Eigen::Matrix3d::Identity()),
          numbers(projection(shifts[i])));
    folder.write("2011_09_26/calib_cam_to_cam.txt", cameras);
    folder.write(
        "2011_09_26/calib_velo_to_cam.txt",
        fmt::format("calib_time: 15-Mar-2012 11:37:16\nR: {}\nT: {}\ndelta_f: 0 0\ndelta_c: 0 0\n",
                    numbers(velodyne_to_camera.leftCols<3>()),
                    numbers(velodyne_to_camera.col(3))));
    const std::string drive = "2011_09_26/2011_09_26_drive_0001_sync/";
    for (const char* frame : {"0000000004", "0000000005"}) {
      folder.write(drive + "image_02/data/" + frame + ".png", "a picture");
      folder.write(drive + "velodyne_points/data/" + frame + ".bin", "points");
      folder.write(drive + "oxts/data/" + frame + ".txt", "49.0 8.4");
    }
    folder.write(drive + "tracklet_labels.xml", tracklets());
  }

  static std::string pose(double x, double y, double z, double rz, int occlusion) {
    return fmt::format(
        "\t\t\t\t<item>\n<tx>{}</tx>\n<ty>{}</ty>\n<tz>{}</tz>\n<rx>0</rx>\n<ry>0</ry>\n<rz>{}</"
        "rz>\n"
        "<state>2</state>\n<occlusion>{}</occlusion>\n<occlusion_kf>1</occlusion_kf>\n"
        "<truncation>0</truncation>\n<amt_occlusion>0</amt_occlusion>\n<amt_border_l>0</"
        "amt_border_l>\n"
        "</item>\n",
        x,
        y,
        z,
        rz,
        occlusion);
  }

  std::string tracklets() const {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\" ?>\n<!DOCTYPE "
           "boost_serialization>\n"
           "<boost_serialization signature=\"serialization::archive\" version=\"9\">\n"
           "<tracklets class_id=\"0\" tracking_level=\"0\" version=\"0\">\n\t<count>2</count>\n"
           "\t<item_version>1</item_version>\n\t<item class_id=\"1\" tracking_level=\"0\" "
           "version=\"1\">\n"
           "\t\t<objectType>Van</objectType>\n\t\t<h>2.2</h>\n\t\t<w>1.9</w>\n\t\t<l>4.5</l>\n"
           "\t\t<first_frame>4</first_frame>\n\t\t<poses class_id=\"2\" tracking_level=\"0\" "
           "version=\"0\">\n"
           "\t\t\t<count>2</count>\n\t\t\t<item_version>2</item_version>\n" +
           pose(20, 3, -1.7, 0.4, 1) + pose(18, 3, -1.7, -2, -1) +
           "\t\t</poses>\n\t\t<finished>1</finished>\n\t</item>\n\t<item>\n"
           "\t\t<objectType>Person (sitting)</objectType>\n<h>1.2</h><w>0.6</w><l>0.8</l>\n"
           "\t\t<first_frame>5</first_frame><poses><count>1</count><item_version>2</"
           "item_version>\n" +
           pose(-9, 0, -1.7, 0, 0) +
           "</poses><finished>1</finished></item>\n</tracklets>\n</boost_serialization>\n";
  }

  /// By the devkit's words: origin in the middle of the bottom, x along the length, turned by rz about z.
  std::vector<Eigen::Vector3d> corners(const Eigen::Vector3d& place, double rz) const {
    Matrix34 to_rectified = rectification * velodyne_to_camera;
    std::vector<Eigen::Vector3d> result;
    for (const double x : {-2.25, 2.25})
      for (const double y : {-0.95, 0.95})
        for (const double z : {0.0, 2.2}) {
          const Eigen::Vector3d own =
              place + Eigen::AngleAxisd(rz, Eigen::Vector3d::UnitZ()) * Eigen::Vector3d(x, y, z);
          result.push_back(to_rectified * own.homogeneous());
        }
    return result;
  }

  ScratchFolder folder;
  const double shifts[4] = {0, -387.5744, 44.85728, -339.5242};
  Matrix34 velodyne_to_camera;
  Eigen::Matrix3d rectification;
};

TEST_F(KittiRaw, TrackletsBecomeTheLabelsThatTheyAre) {
  write(Eigen::Matrix3d::Identity());
  write_kitti_layout(read_kitti_raw(folder / "2011_09_26"), folder / "out", false);
  const std::string labels = folder / "out/training/label_2";
  const FrameAnnotations first = read_kitti_frame(labels, "000000", KittiFileKind::labels);
  ASSERT_EQ(first.objects.size(), 1u);
  const Annotation& van = first.objects[0];
  EXPECT_EQ(van.category, "Van");
  EXPECT_EQ(van.occlusion, 1);
  const auto truth = corners({20, 3, -1.7}, 0.4);
  expect_same_corners(van.box3d, truth, 3 * kLabelDigits);
  expect_near(van.box2d, around(truth, projection(shifts[2])), kLabelDigits);
  // rz = 0 looks along the LiDAR's x, the camera's z: KITTI's -90 degrees.
  EXPECT_NEAR(van.box3d.rotation_y, -M_PI / 2 - 0.4, kLabelDigits);
  const FrameAnnotations second = read_kitti_frame(labels, "000001", KittiFileKind::labels);
  ASSERT_EQ(second.objects.size(), 1u) << "who sits behind the camera is not in the picture";
  EXPECT_EQ(second.objects[0].occlusion, 3) << "nobody said";
  expect_same_corners(second.objects[0].box3d, corners({18, 3, -1.7}, -2), 3 * kLabelDigits);
  EXPECT_EQ(read_file(folder / "out/frames.txt"),
            "000000 2011_09_26_drive_0001_sync/0000000004\n000001 "
            "2011_09_26_drive_0001_sync/0000000005\n");
  EXPECT_EQ(read_file(folder / "out/training/velodyne/000001.bin"), "points");
  EXPECT_TRUE(fs::is_symlink(folder / "out/training/image_2/000001.png"));
  EXPECT_EQ(read_file(folder / "out/ImageSets/2011_09_26_drive_0001_sync.txt"), "000000\n000001\n");
}

TEST_F(KittiRaw, ATiltedLidarsPointsFallWhereTheyBelong) {
  write(turned(0.01, -0.015, 0.008));
  const Conversion conversion = read_kitti_raw(folder / "2011_09_26/2011_09_26_drive_0001_sync/");
  ASSERT_EQ(conversion.notes.size(), 1u);
  expect_says(conversion.notes[0], {"oxts"});
  write_kitti_layout(conversion, folder / "out", true);
  EXPECT_FALSE(fs::is_symlink(folder / "out/training/image_2/000001.png"));
  const KittiCalibration calibration =
      read_kitti_calibration(folder / "out/training/calib/000000.txt");
  const Eigen::Vector4d point(17, -4, -0.6, 1);
  const Eigen::Vector3d seen =
      projection(shifts[2]) * (rectification * velodyne_to_camera * point).homogeneous();
  const Eigen::Vector2d pixel =
      calibration.camera.project(*calibration.velodyne_to_rectified * point);
  EXPECT_NEAR(pixel.x() - 0.5, seen.x() / seen.z(), 1e-9);
  EXPECT_NEAR(pixel.y() - 0.5, seen.y() / seen.z(), 1e-9);
  EXPECT_NEAR(*calibration.baseline, (44.85728 + 339.5242) / 721.5377, 1e-9);
  const auto truth = corners({20, 3, -1.7}, 0.4);
  const auto labels =
      read_kitti_frame(folder / "out/training/label_2", "000000", KittiFileKind::labels);
  expect_same_corners(
      labels.objects.at(0).box3d, truth, 0.08);  // the tilt that an upright box lacks
  expect_near(labels.objects[0].box2d, around(truth, projection(shifts[2])), 2.5);
}

TEST_F(KittiRaw, WhatIsNoneIsSaid) {
  expect_says(message_of<UserError>([&] { read_kitti_raw(folder.path()); }), {"image_02/data"});
  write(Eigen::Matrix3d::Identity());
  const std::string drive = "2011_09_26/2011_09_26_drive_0001_sync/";
  folder.write(drive + "tracklet_labels.xml", "<a><b>");
  expect_says(message_of<UserError>([&] { read_kitti_raw(folder / "2011_09_26"); }),
              {"tracklet_labels.xml:1", "no XML"});
  fs::remove(folder / (drive + "tracklet_labels.xml"));
  const Conversion plain = read_kitti_raw(folder / "2011_09_26");
  EXPECT_FALSE(plain.drives[0].frames[0].labels);
  folder.write("used/file", "");
  expect_says(message_of<UserError>([&] { write_kitti_layout(plain, folder / "used", false); }),
              {"not empty"});
  fs::remove(folder / "2011_09_26/calib_velo_to_cam.txt");
  expect_says(message_of<UserError>([&] { read_kitti_raw(folder / "2011_09_26"); }),
              {"calib_velo_to_cam.txt"});
  fs::rename(folder / drive, folder / "2011_09_26/2011_09_26_drive_0001_extract");
  expect_says(message_of<UserError>([&] { read_kitti_raw(folder / "2011_09_26"); }),
              {"distorted", "_sync"});
}

/// KITTI-360's folder with two frames, a parked car, one that drives, and a building.
class Kitti360 : public testing::Test {
 protected:
  Kitti360() {
    rectification = turned(0.003, 0.006, -0.004);
    cam_to_velo << turned(0.01, 0.02, -0.01) * kToCamera.transpose(),
        Eigen::Vector3d(0.78, 0.05, -0.07);
    // The car drives in a world whose z is up, at UTM-like places, its camera level.
    for (int frame : {250, 251}) {
      Eigen::Matrix4d pose = Eigen::Matrix4d::Identity();
      const Eigen::Matrix3d yaw =
          Eigen::AngleAxisd(0.7, Eigen::Vector3d::UnitZ()).toRotationMatrix();
      pose.topLeftCorner<3, 3>() = yaw * kToCamera.transpose();
      pose.topRightCorner<3, 1>() = Eigen::Vector3d(1200.5 + frame, 3400.25, 116);
      poses[frame] = pose;
    }
    std::string perspective = "calib_time: 28-May-2013 13:57:47\n";
    for (int i = 0; i < 2; ++i)
      perspective += fmt::format(
          "S_{0:02}: 1.392e+03 5.12e+02\nK_{0:02}: 1 0 0 0 1 0 0 0 1\nD_{0:02}: 0 0 0 0 0\n"
          "R_{0:02}: 1 0 0 0 1 0 0 0 1\nT_{0:02}: 0 0 0\nS_rect_{0:02}: 1.408e+03 3.76e+02\n"
          "R_rect_{0:02}: {1}\nP_rect_{0:02}: {2}\n",
          i,
          numbers(i == 0 ? rectification : Eigen::Matrix3d::Identity()),
          numbers(p[i]));
    folder.write("calibration/perspective.txt", perspective);
    folder.write("calibration/calib_cam_to_velo.txt", numbers(cam_to_velo) + "\n");
    Eigen::Matrix4d rect4 = Eigen::Matrix4d::Identity();
    rect4.topLeftCorner<3, 3>() = rectification;
    std::string worlds, plain;
    for (const auto& [frame, pose] : poses) {
      worlds += fmt::format("{} {} \n", frame, numbers(pose));
      plain += fmt::format(
          "{} {}\n", frame, numbers(Matrix34((pose * rect4 * cam_to_pose.inverse()).topRows<3>())));
    }
    folder.write("data_poses/" + drive + "/cam0_to_world.txt", worlds);
    folder.write("data_poses/" + drive + "/poses.txt", plain);
    folder.write("calibration/calib_cam_to_pose.txt",
                 "image_00: " + numbers(Matrix34(cam_to_pose.topRows<3>())) +
                     "\nimage_01: 1 0 0 0 0 1 0 0 0 0 1 0\n");
    for (const char* frame : {"0000000250", "0000000251", "0000000252"}) {
      folder.write("data_2d_raw/" + drive + "/image_00/data_rect/" + frame + ".png", "a picture");
      folder.write("data_3d_raw/" + drive + "/velodyne_points/data/" + frame + ".bin", "points");
    }
    folder.write(
        "data_3d_bboxes/train/" + drive + ".xml",
        "<?xml version=\"1.0\"?>\n<opencv_storage>\n" + object(1, "car", 8, -1, 240, 260, 15) +
            object(2, "building", 12, -1, 240, 260, 15) + object(3, "truck", 8, 251, 251, 251, 25) +
            object(4, "car", 8, -1, 10, 20, 15) + "</opencv_storage>\n");
  }

  /// `ahead` metres before the camera of frame 250, 4.2 x 1.8 x 1.5 m, turned by 0.3 about the world's z.
  Eigen::Matrix4d transform(double ahead) const {
    Eigen::Matrix4d result = Eigen::Matrix4d::Identity();
    const Eigen::Matrix4d pose = poses.at(250);
    result.topLeftCorner<3, 3>() = Eigen::AngleAxisd(1.0, Eigen::Vector3d::UnitZ()) *
                                   Eigen::Vector3d(4.2, 1.8, 1.5).asDiagonal();
    result.topRightCorner<3, 1>() = (pose * Eigen::Vector4d(1, 0.9, ahead, 1)).head<3>();
    return result;
  }

  static std::string matrix(const std::string& name,
                            int rows,
                            int columns,
                            const std::string& data) {
    return fmt::format(
        "<{0} "
        "type_id=\"opencv-matrix\">\n<rows>{1}</rows>\n<cols>{2}</cols>\n<dt>f</dt>\n<data>\n{3}</"
        "data></{0}>\n",
        name,
        rows,
        columns,
        data);
  }

  std::string object(int number,
                     const std::string& label,
                     int vertices,
                     int timestamp,
                     int first,
                     int last,
                     double ahead) const {
    std::string unit;
    for (int i = 0; i < vertices; ++i)
      unit +=
          fmt::format(" {} {} {}\n", i & 1 ? 0.5 : -0.5, i & 2 ? 0.5 : -0.5, i & 4 ? 0.5 : -0.5);
    return fmt::format(
               "<object{0}>\n<index>{0}</index>\n<label>{1}</label>\n<semanticId>26</"
               "semanticId>\n<instanceId>7</instanceId>\n"
               "<category>vehicle</category>\n<timestamp>{2}</timestamp>\n<dynamic>{3}</dynamic>\n"
               "<start_frame>{4}</start_frame>\n<end_frame>{5}</end_frame>\n",
               number,
               label,
               timestamp,
               timestamp >= 0,
               first,
               last) +
           matrix("transform", 4, 4, numbers(transform(ahead))) +
           matrix("vertices", vertices, 3, unit) + matrix("faces", 1, 3, "0 1 2") +
           fmt::format("</object{}>\n", number);
  }

  std::vector<Eigen::Vector3d> corners(double ahead, int frame) const {
    std::vector<Eigen::Vector3d> result;
    for (int i = 0; i < 8; ++i) {
      const Eigen::Vector4d own(i & 1 ? 0.5 : -0.5, i & 2 ? 0.5 : -0.5, i & 4 ? 0.5 : -0.5, 1);
      result.push_back((poses.at(frame).inverse() * transform(ahead) * own).head<3>());
    }
    return result;
  }

  ScratchFolder folder;
  const std::string drive = "2013_05_28_drive_0003_sync";
  const Matrix34 p[2] = {
      (Matrix34() << 552.554261, 0, 682.049453, 0, 0, 552.554261, 238.769549, 0, 0, 0, 1, 0)
          .finished(),
      (Matrix34() << 552.554261,
       0,
       682.049453,
       -328.318735,
       0,
       552.554261,
       238.769549,
       0,
       0,
       0,
       1,
       0)
          .finished()};
  Eigen::Matrix3d rectification;
  Matrix34 cam_to_velo;
  Eigen::Matrix4d cam_to_pose = (Eigen::Matrix4d() << 0.04,
                                 -0.11,
                                 0.99,
                                 1.57,
                                 1,
                                 0.03,
                                 -0.04,
                                 0,
                                 -0.02,
                                 1,
                                 0.11,
                                 -0.35,
                                 0,
                                 0,
                                 0,
                                 1)
                                    .finished();
  std::map<int, Eigen::Matrix4d> poses;
};

TEST_F(Kitti360, BoxesOfTheWorldBecomeLabelsOfTheirFrames) {
  for (const bool has_cameras : {true, false}) {
    if (!has_cameras) fs::remove(folder / ("data_poses/" + drive + "/cam0_to_world.txt"));
    const std::string out = folder / (has_cameras ? "out" : "again");
    const Conversion conversion = read_kitti360(folder.path());
    ASSERT_EQ(conversion.notes.size(), 1u);
    expect_says(conversion.notes[0], {"1 frames", "have no pose"});
    write_kitti_layout(conversion, out, false);
    const auto first = read_kitti_frame(out + "/training/label_2", "000000", KittiFileKind::labels);
    ASSERT_EQ(first.objects.size(), 1u) << "no building, nothing of other frames";
    const Annotation& car = first.objects[0];
    EXPECT_EQ(car.category, "Car");
    EXPECT_EQ(car.occlusion, 3);
    EXPECT_NEAR(car.box3d.length, 4.2, kLabelDigits);
    EXPECT_NEAR(car.box3d.height, 1.5, kLabelDigits);
    expect_same_corners(car.box3d, corners(15, 250), 3 * kLabelDigits);
    expect_near(car.box2d, around(corners(15, 250), p[0]), 2 * kLabelDigits);
    // Turned by 0.3 to the left of where the camera looks.
    EXPECT_NEAR(car.box3d.rotation_y, -M_PI / 2 - 0.3, kLabelDigits);
    const auto second =
        read_kitti_frame(out + "/training/label_2", "000001", KittiFileKind::labels);
    ASSERT_EQ(second.objects.size(), 2u);
    EXPECT_EQ(second.objects[1].category, "Truck");
    expect_same_corners(second.objects[1].box3d, corners(25, 251), 3 * kLabelDigits);
    EXPECT_FALSE(fs::exists(out + "/training/label_2/000002.txt"))
        << "nobody knows where it was taken";
  }
}

TEST_F(Kitti360, LidarFallsIntoThePicture) {
  write_kitti_layout(read_kitti360(folder.path()), folder / "out", false);
  const KittiCalibration calibration =
      read_kitti_calibration(folder / "out/training/calib/000002.txt");
  const Eigen::Vector4d point(14, 2, -1, 1);
  Eigen::Matrix4d to_velo = Eigen::Matrix4d::Identity();
  to_velo.topRows<3>() = cam_to_velo;
  const Eigen::Vector3d camera = rectification * (to_velo.inverse() * point).head<3>();
  const Eigen::Vector3d seen = p[0] * camera.homogeneous();
  const Eigen::Vector2d pixel =
      calibration.camera.project(*calibration.velodyne_to_rectified * point);
  EXPECT_NEAR(pixel.x() - 0.5, seen.x() / seen.z(), 1e-8);
  EXPECT_NEAR(pixel.y() - 0.5, seen.y() / seen.z(), 1e-8);
  EXPECT_NEAR(*calibration.baseline, 328.318735 / 552.554261, 1e-9);
  EXPECT_EQ(read_file(folder / "out/training/velodyne/000002.bin"), "points");
}

TEST(ProjectedLabel, IsCutAtTheCameraAndAtThePicture) {
  Box3d box;
  box.height = 1.5, box.width = 1.6, box.length = 4;
  box.rotation_y = -M_PI / 2;
  box.location = {3, 1.7, 1};  // reaches from 1 m behind the camera to 3 m before it
  const auto label = projected_label("Car", box, projection(0), 1242, 375, 0);
  ASSERT_TRUE(label);
  EXPECT_EQ(label->box2d.right, 1241.5);
  EXPECT_GT(label->truncation, 0.5);
  box.location.z() = -5;
  EXPECT_FALSE(projected_label("Car", box, projection(0), 1242, 375, 0));
  box.location = {0, 1.7, 20};
  EXPECT_EQ(projected_label("Car", box, projection(0), 1242, 375, 0)->truncation, 0);
}

}  // namespace
}  // namespace monodr
