-- The table of experiments/figures.toml:  sqlite3 results/results.sqlite < results/queries/figures.sql
-- The same bytes as  runexp table figures
--   --metric car/heading_error_median/moderate
--   --metric car/heading_within_30/moderate
--   --metric car/location_error_median/moderate
--   --metric car/size_error_mean/moderate
--   --metric car/bev_overlap_50/moderate
--   --metric car/bev_overlap_70/moderate
--   --metric car/volume_overlap_70/moderate
--   --metric car/ap_bev/moderate/0.7/AP40
--   --metric car/ap_3d/moderate/0.7/AP40
--   --metric car/ap_bev/moderate/0.5/AP40
--   --metric skipped_objects
-- "shown" is mean ± standard deviation over seeds, rounded in the view v_summary (docs/database.md).
.mode markdown --wrap 0
.nullvalue -
SELECT r.label AS "arm", r.seeds AS "seeds",
       max(CASE WHEN metric = 'heading_error_median' THEN shown END) AS "car/heading_error_median/moderate [deg]",
       max(CASE WHEN metric = 'heading_within_30' THEN shown END) AS "car/heading_within_30/moderate [%]",
       max(CASE WHEN metric = 'location_error_median' THEN shown END) AS "car/location_error_median/moderate [m]",
       max(CASE WHEN metric = 'size_error_mean' THEN shown END) AS "car/size_error_mean/moderate [%]",
       max(CASE WHEN metric = 'bev_overlap_50' THEN shown END) AS "car/bev_overlap_50/moderate [%]",
       max(CASE WHEN metric = 'bev_overlap_70' THEN shown END) AS "car/bev_overlap_70/moderate [%]",
       max(CASE WHEN metric = 'volume_overlap_70' THEN shown END) AS "car/volume_overlap_70/moderate [%]",
       max(CASE WHEN metric = 'ap_bev' AND iou = 0.7 AND recall_positions = 40 THEN shown END) AS "car/ap_bev/moderate/0.7/AP40 [%]",
       max(CASE WHEN metric = 'ap_3d' AND iou = 0.7 AND recall_positions = 40 THEN shown END) AS "car/ap_3d/moderate/0.7/AP40 [%]",
       max(CASE WHEN metric = 'ap_bev' AND iou = 0.5 AND recall_positions = 40 THEN shown END) AS "car/ap_bev/moderate/0.5/AP40 [%]",
       max(CASE WHEN metric = 'skipped_objects' THEN shown END) AS "skipped_objects [objects]"
  FROM v_rows AS r
  LEFT JOIN v_summary AS s
    ON s.variant = r.variant AND s.experiment = 'figures'
   AND category IN ('', 'car') AND difficulty IN ('', 'moderate')
 WHERE r.experiment = 'figures'
 GROUP BY r.variant
 ORDER BY r.arm_order, r.position;
