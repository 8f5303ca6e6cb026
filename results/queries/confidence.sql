-- The table of experiments/ablation_confidence.toml:  sqlite3 results/results.sqlite < results/queries/confidence.sql
-- The same bytes as  runexp table ablation_confidence
--   --metric car/ap_bev/moderate/0.5/AP40
--   --metric car/ap_bev/moderate/0.7/AP40
--   --metric car/ap_3d/moderate/0.5/AP40
--   --metric car/bev_overlap_50/moderate
-- "shown" is mean ± standard deviation over seeds, rounded in the view v_summary (docs/database.md).
.mode markdown --wrap 0
.nullvalue -
SELECT r.label AS "arm", r.seeds AS "seeds",
       max(CASE WHEN metric = 'ap_bev' AND iou = 0.5 AND recall_positions = 40 THEN shown END) AS "car/ap_bev/moderate/0.5/AP40 [%]",
       max(CASE WHEN metric = 'ap_bev' AND iou = 0.7 AND recall_positions = 40 THEN shown END) AS "car/ap_bev/moderate/0.7/AP40 [%]",
       max(CASE WHEN metric = 'ap_3d' AND iou = 0.5 AND recall_positions = 40 THEN shown END) AS "car/ap_3d/moderate/0.5/AP40 [%]",
       max(CASE WHEN metric = 'bev_overlap_50' THEN shown END) AS "car/bev_overlap_50/moderate [%]"
  FROM v_rows AS r
  LEFT JOIN v_summary AS s
    ON s.variant = r.variant AND s.experiment = 'ablation_confidence'
   AND category IN ('', 'car') AND difficulty IN ('', 'moderate')
 WHERE r.experiment = 'ablation_confidence'
 GROUP BY r.variant
 ORDER BY r.arm_order, r.position;
