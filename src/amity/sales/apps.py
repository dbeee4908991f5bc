"""Registrations of room `sales`."""

from django.apps import AppConfig


class SalesConfig(AppConfig):
    name = "amity.sales"
    label = "sales"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from dataclasses import replace

        from amity.people import api as people
        from amity.sales.hearing import register_hearing
        from amity.sales.holders import register_holders
        from amity.sales.landing import Deals
        from amity.sales.landing_goods import OrderLines, Orders, Products

        register_holders()
        register_hearing()
        kit = people.import_kit
        kit.register(replace(kit.PRODUCT, land=Products()))
        kit.register(replace(kit.DEAL, land=Deals()))
        kit.register(replace(kit.ORDER, land=Orders()))
        kit.register(replace(kit.ORDER_LINE, land=OrderLines()))
        from amity.base import undo
        from amity.sales import deals, gates, pipelines_changes, relations, todo
        from amity.sales.lists import DEAL_KIND

        undo.register(DEAL_KIND, undo.Handler(deals.change_many, deals.put_back))
        undo.register(pipelines_changes.KIND, undo.Handler(pipelines_changes.do, pipelines_changes.put_back))
        undo.register(relations.KIND, undo.Handler(relations.do, relations.put_back))
        undo.register(gates.GAP_KIND, undo.Handler(gates.note_gap, gates.forget_gap))
        undo.register(todo.TASK_ADD, undo.Handler(todo.add_many, todo.remove_many))
        undo.register(todo.TASK_DONE, undo.Handler(todo.finish_many, todo.reopen_many))
        from amity.sales.office import register_office

        register_office()
        from amity.intelligence import api as intelligence
        from amity.sales.learning import Deals as DealOutcomes

        intelligence.register(DealOutcomes())
        from amity.sales import customer_orders

        customer_orders.register()
        from amity.sales.quality import Deals as DealQuality

        people.quality.register(DealQuality())
        from amity.sales.segment_kind import Deals as DealConditions

        people.segments.register(DealConditions())
        from amity.journeys import api as journeys
        from amity.sales import actions
        from amity.sales.actions_situations import Deals as DealSituations

        actions.register()
        journeys.register_source(DealSituations())
