-- The table of experiments/ablation_shape_prior.toml:  sqlite3 results/results.sqlite < results/queries/shape_prior.sql
-- The same bytes as  runexp table ablation_shape_prior
--   --metric shape_iou
--   --metric shape_chamfer_error
--   --metric car/fitted_shape_iou/moderate
--   --metric car/fitted_shape_chamfer_error/moderate
--   --metric car/heading_error_median/moderate
--   --metric car/heading_within_30/moderate
--   --metric car/location_error_median/moderate
--   --metric car/bev_overlap_50/moderate
--   --metric car/ap_bev/moderate/0.5/AP40
-- "shown" is mean ± standard deviation over seeds, rounded in the view v_summary (docs/database.md).
.mode markdown --wrap 0
.nullvalue -
SELECT r.label AS "arm", r.seeds AS "seeds",
       max(CASE WHEN metric = 'shape_iou' THEN shown END) AS "shape_iou [%]",
       max(CASE WHEN metric = 'shape_chamfer_error' THEN shown END) AS "shape_chamfer_error [%]",
       max(CASE WHEN metric = 'fitted_shape_iou' THEN shown END) AS "car/fitted_shape_iou/moderate [%]",
       max(CASE WHEN metric = 'fitted_shape_chamfer_error' THEN shown END) AS "car/fitted_shape_chamfer_error/moderate [%]",
       max(CASE WHEN metric = 'heading_error_median' THEN shown END) AS "car/heading_error_median/moderate [deg]",
       max(CASE WHEN metric = 'heading_within_30' THEN shown END) AS "car/heading_within_30/moderate [%]",
       max(CASE WHEN metric = 'location_error_median' THEN shown END) AS "car/location_error_median/moderate [m]",
       max(CASE WHEN metric = 'bev_overlap_50' THEN shown END) AS "car/bev_overlap_50/moderate [%]",
       max(CASE WHEN metric = 'ap_bev' AND iou = 0.5 AND recall_positions = 40 THEN shown END) AS "car/ap_bev/moderate/0.5/AP40 [%]"
  FROM v_rows AS r
  LEFT JOIN v_summary AS s
    ON s.variant = r.variant AND s.experiment = 'ablation_shape_prior'
   AND category IN ('', 'car') AND difficulty IN ('', 'moderate')
 WHERE r.experiment = 'ablation_shape_prior'
 GROUP BY r.variant
 ORDER BY r.arm_order, r.position;
