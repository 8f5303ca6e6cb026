-- The table of experiments/ablation_box.toml:  sqlite3 results/results.sqlite < results/queries/box.sql
-- The same bytes as  runexp table ablation_box
--   --metric car/heading_error_median/hard
--   --metric car/heading_within_30/hard
--   --metric car/heading_quarter_turned/hard
--   --metric car/size_error_mean/hard
--   --metric car/location_error_median/hard
--   --metric car/bev_overlap_50/hard
--   --metric car/ap_bev/hard/0.5/AP40
-- "shown" is mean ± standard deviation over seeds, rounded in the view v_summary (docs/database.md).
.mode markdown --wrap 0
.nullvalue -
SELECT r.label AS "arm", r.seeds AS "seeds",
       max(CASE WHEN metric = 'heading_error_median' THEN shown END) AS "car/heading_error_median/hard [deg]",
       max(CASE WHEN metric = 'heading_within_30' THEN shown END) AS "car/heading_within_30/hard [%]",
       max(CASE WHEN metric = 'heading_quarter_turned' THEN shown END) AS "car/heading_quarter_turned/hard [%]",
       max(CASE WHEN metric = 'size_error_mean' THEN shown END) AS "car/size_error_mean/hard [%]",
       max(CASE WHEN metric = 'location_error_median' THEN shown END) AS "car/location_error_median/hard [m]",
       max(CASE WHEN metric = 'bev_overlap_50' THEN shown END) AS "car/bev_overlap_50/hard [%]",
       max(CASE WHEN metric = 'ap_bev' AND iou = 0.5 AND recall_positions = 40 THEN shown END) AS "car/ap_bev/hard/0.5/AP40 [%]"
  FROM v_rows AS r
  LEFT JOIN v_summary AS s
    ON s.variant = r.variant AND s.experiment = 'ablation_box'
   AND category IN ('', 'car') AND difficulty IN ('', 'hard')
 WHERE r.experiment = 'ablation_box'
 GROUP BY r.variant
 ORDER BY r.arm_order, r.position;
