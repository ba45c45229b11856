"""Where rows of intake name a file."""

from __future__ import annotations

from sqlalchemy import select

from consult.intake.models import Attachment, RawForm, StaffUpload, Submission, TableImport
from consult.ledger.file_verification import Source, source

SOURCES: tuple[Source, ...] = (
    source(
        select(Attachment.digest, Submission.number)
        .join(Submission, Submission.id == Attachment.submission_id)
        .order_by(Attachment.id),
        "来件 {} 的附件",
    ),
    source(
        select(RawForm.blob, Submission.number).join(RawForm.submission).where(RawForm.blob.is_not(None)),
        "来件 {} 的原始内容",
    ),
    source(select(TableImport.digest, TableImport.file_name).order_by(TableImport.id), "导入的表格“{}”"),
    source(
        select(TableImport.files, TableImport.file_name).where(TableImport.files != "").order_by(TableImport.id),
        "表格“{}”的附件压缩包",
    ),
    source(
        select(TableImport.account, TableImport.file_name).where(TableImport.account != "").order_by(TableImport.id),
        "表格“{}”的逐行结果",
    ),
    source(select(StaffUpload.digest, StaffUpload.file_name).order_by(StaffUpload.id), "待确认的文件“{}”"),
    source(
        select(StaffUpload.result, StaffUpload.file_name).where(StaffUpload.result != "").order_by(StaffUpload.id),
        "文件“{}”的预览",
    ),
)
